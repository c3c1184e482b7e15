import { importJWK, type CryptoKey } from 'jose';

import type { Environment } from './environment.js';
import { asObject, asText, fetchDocument, type Fetch, type JsonObject } from './http.js';
import type { Metadata } from './metadata.js';
import { Refreshing } from './refreshing.js';

/** The algorithms with which tokens may be signed. */
const ALGORITHMS = ['EdDSA', 'ES256'];

/** The largest number of keys in a set. */
const KEYS_MAX = 64;

/** A public key, which determines the algorithm of its signatures. */
export interface VerificationKey {
  readonly kid: string;
  readonly alg: string;
  /** The key; `undefined` if this host cannot use it. */
  readonly key: CryptoKey | undefined;
  /** The key as published. */
  readonly published: string;
}

/** The public keys of a deployment, by their ID. */
export type KeySet = ReadonlyMap<string, VerificationKey>;

/** Imports a JWK Set (RFC 7517), and takes over the keys that `previous` contains as well. */
export async function importKeys(jwks: JsonObject, previous?: KeySet): Promise<KeySet> {
  const published = jwks['keys'];
  if (!Array.isArray(published)) throw new Error('the key set has no keys');
  const keys = new Map<string, VerificationKey>();
  for (const value of published.slice(0, KEYS_MAX)) {
    const jwk = asObject(value);
    const kid = asText(jwk?.['kid']);
    if (jwk === undefined || kid === undefined) continue;
    const known = previous?.get(kid);
    keys.set(kid, known?.published === JSON.stringify(jwk) ? known : await importKey(kid, jwk));
  }
  return keys;
}

async function importKey(kid: string, jwk: JsonObject): Promise<VerificationKey> {
  const alg = asText(jwk['alg']) ?? '';
  return { kid, alg, key: await publicKey(jwk, alg), published: JSON.stringify(jwk) };
}

async function publicKey(jwk: JsonObject, alg: string): Promise<CryptoKey | undefined> {
  if (!ALGORITHMS.includes(alg)) return undefined;
  try {
    const key = await importJWK(jwk, alg);
    return key instanceof Uint8Array || key.type !== 'public' ? undefined : key;
  } catch {
    return undefined;
  }
}

/** The published keys of a deployment, fetched when they are needed. */
export function publishedKeys(
  metadata: Refreshing<Metadata>,
  fetch: Fetch,
  environment: Environment,
  sharesWork: boolean,
): Refreshing<KeySet> {
  return new Refreshing(environment, sharesWork, async (signal, previous) => {
    const { keysUrl } = await metadata.get();
    const { body, maxAgeMs } = await fetchDocument(fetch, keysUrl, signal);
    return { value: await importKeys(body, previous), maxAgeMs };
  });
}
