import { hostEnvironment, type Environment } from './environment.js';
import { detectHost, type Host } from './host.js';
import type { Fetch } from './http.js';
import { parseOrigin } from './metadata.js';
import { keyId, type Credentials } from './proof.js';
import type { Acceptance } from './token.js';

/** The number of sessions that a verifier remembers by default. */
const DEFAULT_MEMORY = 10_000;

/** The settings of a verifier. */
export interface VerifierOptions {
  /** The deployment's public origin, such as `https://app.example.com`. */
  readonly url: string | URL;
  /** The key of a frontend (`dbk_…` or `dbp_…`), with which the verifier follows the change feed. */
  readonly key?: string | undefined;
  /**
   * An origin that is registered for the frontend. If it is set, the verifier proves that it has the key, and never sends
   * the key itself.
   */
  readonly origin?: string | undefined;
  /** Accept access tokens with this audience instead of session tokens. */
  readonly audience?: string | undefined;
  /** Accept session tokens of frontends with this audience of their own instead of those of the deployment. */
  readonly sessionAudience?: string | undefined;
  /**
   * How long an answer of the deployment may be used again without the change feed, in milliseconds; 0 by default.
   * Revoked sessions may be accepted for this time.
   */
  readonly staleMax?: number | undefined;
  /** How many sessions and how many tokens are remembered; 10,000 by default. */
  readonly memory?: number | undefined;
  /** Whether to follow the change feed. By default (`auto`), if there is a key and the host can keep a connection. */
  readonly feed?: boolean | 'auto' | undefined;
  /** Sends all requests; the global `fetch` by default. */
  readonly fetch?: Fetch | undefined;
  /** Clocks, timers and random numbers; for tests. */
  readonly environment?: Partial<Environment> | undefined;
}

/** The settings of a verifier, checked and complete. */
export interface Settings {
  readonly origin: string;
  readonly accepts: Acceptance;
  readonly staleMaxMs: number;
  readonly memory: number;
  /** With what to follow the feed; `undefined` if the feed is not used. */
  readonly credentials: Credentials | undefined;
  readonly host: Host;
  readonly fetch: Fetch;
  readonly environment: Environment;
}

/**
 * Checks the settings.
 *
 * @throws TypeError if one is invalid.
 */
export function readOptions(options: VerifierOptions): Settings {
  const { key, audience, sessionAudience, staleMax = 0, memory = DEFAULT_MEMORY, feed = 'auto' } = options;
  if (audience !== undefined && sessionAudience !== undefined) {
    throw new TypeError('set either audience or sessionAudience, not both');
  }
  if (audience === '' || sessionAudience === '') throw new TypeError('an audience must not be empty');
  if (!(staleMax >= 0)) throw new TypeError('staleMax must be a number of milliseconds');
  if (!Number.isSafeInteger(memory) || memory < 0) throw new TypeError('memory must be a number of sessions');
  if (feed === true && key === undefined) throw new TypeError('the change feed needs the key of a frontend');
  if (key !== undefined) keyId(key);
  const host = detectHost();
  const followsFeed = feed === 'auto' ? host.keepsConnections : feed;
  return {
    origin: parseOrigin(String(options.url)),
    accepts: { audience, sessionAudience },
    staleMaxMs: staleMax,
    memory,
    credentials: followsFeed && key !== undefined ? { key, origin: options.origin } : undefined,
    host,
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    environment: { ...hostEnvironment, ...options.environment },
  };
}
