import { compactVerify, errors } from 'jose';

import { asInteger, asObject, asText, type JsonObject } from './http.js';
import type { KeySet, VerificationKey } from './keys.js';
import type { Metadata } from './metadata.js';

/** The length of the longest token, in characters. */
const TOKEN_MAX_LENGTH = 2_048;

/** A part of a token: base64url without padding, whose unused bits are zero. */
const PART = /^(?:[\w-]{4})*(?:[\w-]{4}|[\w-]{2}[AEIMQUYcgkosw048]|[\w-][AQgw])$/;

/** Which tokens are accepted; without any member, the session tokens of the deployment. */
export interface Acceptance {
  /** Access tokens with this audience. */
  readonly audience: string | undefined;
  /** Session tokens with this audience of their own. */
  readonly sessionAudience: string | undefined;
}

/** A token with a valid signature, for a purpose that is accepted; it may have expired. */
export interface SignedToken {
  readonly user: string;
  readonly session: string;
  /** In seconds since 1970. */
  readonly issuedAt: number;
  /** In seconds since 1970. */
  readonly expiresAt: number;
  /** The key that signed the token. */
  readonly key: VerificationKey;
  /** The metadata with which the token was checked. */
  readonly metadata: Metadata;
}

/**
 * Checks the signature, type, issuer and audience of a token, but neither its expiry nor its session.
 *
 * Returns `invalid` if the token is not accepted, `unknown_key` if its key is not in the set, and `unusable_key` if this
 * host cannot use the key.
 */
export async function checkToken(
  token: string,
  keys: KeySet,
  metadata: Metadata,
  accepts: Acceptance,
): Promise<SignedToken | 'invalid' | 'unknown_key' | 'unusable_key'> {
  if (!hasTokenForm(token)) return 'invalid';
  const header = readHeader(token);
  const kid = asText(header?.['kid']);
  if (header === undefined || kid === undefined || 'crit' in header) return 'invalid';
  const key = keys.get(kid);
  if (key === undefined) return 'unknown_key';
  if (key.key === undefined) return 'unusable_key';
  const claims = await verifySignature(token, key);
  const user = asText(claims?.['sub']);
  const session = asText(claims?.['sid']);
  const issuedAt = asInteger(claims?.['iat']);
  const expiresAt = asInteger(claims?.['exp']);
  const isComplete =
    user !== undefined && session !== undefined && issuedAt !== undefined && expiresAt !== undefined;
  if (claims === undefined || !isComplete) return 'invalid';
  if (!isForUs(header['typ'], claims, metadata, accepts)) return 'invalid';
  return { user, session, issuedAt, expiresAt, key, metadata };
}

/** Returns false for a text that cannot be a token because of its length. */
export function hasTokenLength(token: string): boolean {
  return token.length <= TOKEN_MAX_LENGTH;
}

/** Returns true if a token expires at or before this time, in milliseconds since 1970. */
export function hasExpired(token: SignedToken, wall: number): boolean {
  return token.expiresAt <= Math.floor(wall / 1000);
}

function hasTokenForm(token: string): boolean {
  const parts = token.split('.');
  return parts.length === 3 && parts.every((part) => PART.test(part));
}

function readHeader(token: string): JsonObject | undefined {
  const encoded = token.slice(0, Math.max(0, token.indexOf('.')));
  try {
    return asObject(JSON.parse(atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))));
  } catch {
    return undefined;
  }
}

async function verifySignature(token: string, key: VerificationKey): Promise<JsonObject | undefined> {
  if (key.key === undefined) return undefined;
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] });
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError || error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}

function isForUs(typ: unknown, claims: JsonObject, metadata: Metadata, accepts: Acceptance): boolean {
  const { iss, aud } = claims as { iss?: unknown; aud?: unknown };
  if (typeof iss !== 'string' || !metadata.issuers.includes(iss) || typeof aud !== 'string') return false;
  const { accessType, sessionType, sessionAudience } = metadata;
  const isSession = typ === sessionType;
  const isAccess = typ === accessType;
  if (accepts.audience !== undefined) {
    return isAccess && aud === accepts.audience && aud !== sessionAudience;
  }
  const accepted = accepts.sessionAudience ?? sessionAudience;
  // Session tokens of the deployment had the type of access tokens once.
  return aud === accepted && (isSession || (isAccess && aud === sessionAudience));
}
