import type { Environment } from './environment.js';
import { asObject, asText, fetchDocument, type Fetch, type JsonObject } from './http.js';
import { Refreshing } from './refreshing.js';

/** The path of the metadata (RFC 8414, 3). */
const METADATA_PATH = '/.well-known/oauth-authorization-server';

/** How old a current watermark may be, in milliseconds, if the metadata does not say. */
const DEFAULT_WATERMARK_MAX_AGE_MS = 1_500;

/** What a deployment says about itself. */
export interface Description {
  /** Where the deployment's pages are. */
  readonly frontendOrigin: string;
  /** The name of the session cookie. */
  readonly sessionCookie: string | undefined;
}

/** What a verifier needs to know about a deployment. */
export interface Metadata extends Description {
  /** Every `iss` that is accepted. */
  readonly issuers: readonly string[];
  /** `aud` of the deployment's own session tokens. */
  readonly sessionAudience: string;
  /** `typ` of session tokens. */
  readonly sessionType: string;
  /** `typ` of access tokens. */
  readonly accessType: string;
  /** Where the public keys are. */
  readonly keysUrl: string;
  /** Where tokens are verified. */
  readonly verifyUrl: string;
  /** Where the change feed is, if the deployment has one. */
  readonly changesUrl: string | undefined;
  /** How old a current watermark may be, in milliseconds. */
  readonly watermarkMaxAgeMs: number;
}

/**
 * The origin of a URL, from which keys can be fetched without trusting the network.
 *
 * @throws TypeError if it is not such a URL.
 */
export function parseOrigin(text: string): string {
  const url = new URL(text);
  const isLocal = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    throw new TypeError(`${text}: use https, because others could replace the keys (http works on localhost only)`);
  }
  const isOrigin = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (!isOrigin) throw new TypeError(`${text}: this must be an origin, without a path`);
  return url.origin;
}

/** The metadata of the deployment with this public origin, fetched when it is needed. */
export function metadataOf(
  origin: string,
  fetch: Fetch,
  environment: Environment,
  sharesWork: boolean,
): Refreshing<Metadata> {
  return new Refreshing(environment, sharesWork, async (signal, previous) => {
    const { body, maxAgeMs } = await fetchDocument(fetch, origin + METADATA_PATH, signal);
    const metadata = parseMetadata(body, origin);
    const isSame = JSON.stringify(metadata) === JSON.stringify(previous);
    // What was checked with the previous metadata need not be checked again.
    return { value: isSame && previous !== undefined ? previous : metadata, maxAgeMs };
  });
}

/** Reads the metadata, and compares the issuer with the origin (RFC 8414, 3.3). */
export function parseMetadata(body: JsonObject, origin: string): Metadata {
  const issuer = body['issuer'];
  if (issuer !== origin) {
    throw new Error(`the metadata of ${origin} names another issuer: ${String(issuer)}`);
  }
  const own = asObject(body['drawbridge']) ?? {};
  const session = asObject(own['session']);
  const endpoints = asObject(own['endpoints']);
  const frontend = parseOrigin(required(own['frontend_origin'], 'frontend_origin'));
  const changes = asText(endpoints?.['changes']);
  const previousIssuers = Array.isArray(own['previous_issuers']) ? own['previous_issuers'] : [];
  return {
    frontendOrigin: frontend,
    sessionCookie: asText(asObject(session?.['cookie'])?.['name']),
    issuers: [origin, ...previousIssuers.filter((previous) => typeof previous === 'string')],
    sessionAudience: required(session?.['audience'], 'session.audience'),
    sessionType: required(session?.['typ'], 'session.typ'),
    accessType: required(asObject(own['access_token'])?.['typ'], 'access_token.typ'),
    keysUrl: keysUrl(required(body['jwks_uri'], 'jwks_uri')),
    verifyUrl: frontend + required(endpoints?.['verify'], 'endpoints.verify'),
    changesUrl: changes === undefined ? undefined : frontend + changes,
    watermarkMaxAgeMs: watermarkMaxAge(asObject(own['change_feed'])),
  };
}

function required(value: unknown, name: string): string {
  const text = asText(value);
  if (text === undefined) throw new Error(`the metadata does not contain ${name}`);
  return text;
}

function keysUrl(text: string): string {
  parseOrigin(new URL(text).origin);
  return text;
}

function watermarkMaxAge(changeFeed: JsonObject | undefined): number {
  const ms = changeFeed?.['watermark_max_age_ms'];
  return typeof ms === 'number' && ms > 0 ? ms : DEFAULT_WATERMARK_MAX_AGE_MS;
}
