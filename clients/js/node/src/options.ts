import type { VerifierOptions } from '@drawbridge/core';

/** The settings of each verifier. */
type VerifierSettings = 'url' | 'key' | 'origin' | 'sessionAudience' | 'staleMax' | 'memory' | 'feed' | 'fetch';

/** The settings of a deployment, for all requests of a server. */
export interface DrawbridgeOptions extends Pick<VerifierOptions, VerifierSettings> {
  /** The audience of this server, for calls that name none. */
  readonly audience?: string | undefined;
  /** Whether the session cookie counts, for calls that do not say; false by default. */
  readonly cookie?: boolean | undefined;
  /**
   * The origins whose pages may send changing requests with the session cookie, besides the deployment's frontend and
   * pages of the same origin.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Receives the cause of each 503, for the log. */
  readonly onUnavailable?: ((cause: string) => void) | undefined;
}

/** What a request needs. */
export interface SessionOptions {
  /** Accept access tokens with this audience. */
  readonly audience?: string | undefined;
  /** Accept the session cookie as well, which browsers send here with `COOKIE_MODE=shared`. */
  readonly cookie?: boolean | undefined;
  /** A role that the user must have. */
  readonly role?: string | undefined;
  /** Whether the user must have proved a second factor in this session. */
  readonly secondFactor?: boolean | undefined;
}

/** Which users are let through. */
export type Requirement = Pick<SessionOptions, 'role' | 'secondFactor'>;

/** The settings of one guard, checked and complete. */
export interface Policy {
  /** `undefined` if session tokens count instead of access tokens. */
  readonly audience: string | undefined;
  readonly cookie: boolean;
  readonly requirement: Requirement;
}

/**
 * Completes the settings of one guard.
 *
 * @throws TypeError if they let no token count.
 */
export function policyOf(defaults: DrawbridgeOptions, options: SessionOptions): Policy {
  const audience = options.audience ?? defaults.audience;
  const cookie = options.cookie ?? defaults.cookie ?? false;
  if (audience === undefined && !cookie) throw new TypeError('set audience, cookie: true, or both');
  if (audience === '') throw new TypeError('an audience must not be empty');
  if (options.role === '') throw new TypeError('a role must not be empty');
  return { audience, cookie, requirement: { role: options.role, secondFactor: options.secondFactor } };
}

/**
 * Reads the origins whose pages may send changing requests.
 *
 * @throws TypeError if one is not an origin.
 */
export function readOrigins(origins: readonly string[] = []): ReadonlySet<string> {
  for (const origin of origins) {
    if (new URL(origin).origin !== origin) throw new TypeError(`${origin}: this must be an origin, without a path`);
  }
  return new Set(origins);
}
