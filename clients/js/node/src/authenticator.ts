import {
  createVerifier,
  type Description,
  type Verdict,
  type Verifier,
  type VerifierStats,
} from '@drawbridge/core';

import { unmet, VerifiedAuth, type Auth } from './auth.js';
import { isFromOwnPage, needsOwnPage } from './cross_site.js';
import { policyOf, readOrigins, type DrawbridgeOptions, type Policy, type SessionOptions } from './options.js';
import { refuse, type Refusal } from './refusal.js';
import { headersOf, type AnyRequest, type HeaderValues } from './request.js';
import { presentedToken } from './tokens.js';

/** The result of authenticating a request. */
export type Outcome = { readonly ok: true; readonly auth: Auth } | Refusal;

/** When to try again during an outage, in seconds. */
const RETRY_AFTER = 2;

/** A token and the verdict on it. */
interface Judged {
  readonly token: string;
  readonly verdict: Verdict;
}

/** Finds out who has sent a request. */
export class Authenticator {
  readonly #options: DrawbridgeOptions;
  readonly #allowedOrigins: ReadonlySet<string>;
  /** By audience; `undefined` is the one of session tokens. */
  readonly #verifiers = new Map<string | undefined, Verifier>();
  readonly #listeners = new Set<(user: string) => void>();

  constructor(options: DrawbridgeOptions) {
    this.#options = options;
    this.#allowedOrigins = readOrigins(options.allowedOrigins);
  }

  /**
   * Prepares a guard with these settings.
   *
   * @throws TypeError if one is invalid.
   */
  policy(options: SessionOptions = {}): Policy {
    const policy = policyOf(this.#options, options);
    this.#verifier(policy.audience);
    if (policy.cookie) this.#verifier(undefined);
    return policy;
  }

  /** Authenticates a request. Never rejects. */
  async authenticate(request: AnyRequest, policy: Policy, isUpgrade = false): Promise<Outcome> {
    const headers = headersOf(request);
    if (!policy.cookie || headers('cookie').length === 0) return this.#byHeader(headers, policy);
    let description;
    try {
      description = await this.#verifier(undefined).describe();
    } catch (error) {
      return this.#unavailable(headers, String(error));
    }
    return this.#byCookie(headers, policy, description, needsOwnPage(request.method, isUpgrade));
  }

  /** Resolves when every verifier is ready; rejects if the deployment is unreachable or is another one. */
  async ready(): Promise<void> {
    await Promise.all([...this.#verifiers.values()].map((verifier) => verifier.ready()));
  }

  /** Calls `listener` with the ID of each user who has changed. */
  onChange(listener: (user: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Ends the connections to the change feed. */
  close(): void {
    for (const verifier of this.#verifiers.values()) verifier.close();
  }

  /** What each verifier has done so far. */
  stats(): readonly VerifierStats[] {
    return [...this.#verifiers.values()].map((verifier) => verifier.stats());
  }

  async #byHeader(headers: HeaderValues, policy: Policy): Promise<Outcome> {
    const presented = presentedToken(headers, undefined);
    if (presented.from === 'nowhere') return this.#refuseAnonymous(headers);
    if (presented.from !== 'header') return refuse('invalid_token', headers);
    const verifier = this.#verifier(policy.audience);
    const { token } = presented;
    return this.#decide({ token, verdict: await verifier.verify(token) }, verifier, policy, headers);
  }

  async #byCookie(
    headers: HeaderValues,
    policy: Policy,
    { sessionCookie, frontendOrigin }: Description,
    changes: boolean,
  ): Promise<Outcome> {
    const presented = presentedToken(headers, sessionCookie);
    if (presented.from === 'several_sources') return refuse('invalid_token', headers);
    if (presented.from !== 'cookie') return this.#byHeader(headers, policy);
    if (changes && !isFromOwnPage(headers, frontendOrigin, this.#allowedOrigins)) {
      return refuse('cross_site_request', headers);
    }
    const verifier = this.#verifier(undefined);
    return this.#decide(await verifyOnly(verifier, presented.tokens), verifier, policy, headers);
  }

  #decide(judged: Judged | undefined, verifier: Verifier, { requirement }: Policy, headers: HeaderValues): Outcome {
    if (judged === undefined) return refuse('invalid_token', headers);
    const { token, verdict } = judged;
    if (verdict.ok) {
      const auth = new VerifiedAuth(verdict.user, verdict.session, { token, verifier, requirement });
      const reason = unmet(requirement, auth);
      return reason === undefined ? { ok: true, auth } : refuse(reason, headers);
    }
    if (verdict.code === 'unavailable') return this.#unavailable(headers, verdict.detail, verdict.retryAfter);
    return refuse(verdict.code, headers);
  }

  #refuseAnonymous(headers: HeaderValues): Refusal {
    // web-frontend could not find out whether the client is signed in.
    const isUnknown = headers('x-auth-status').includes('unknown');
    return isUnknown ? this.#unavailable(headers, 'X-Auth-Status: unknown') : refuse('missing_token', headers);
  }

  #unavailable(headers: HeaderValues, cause: string, retryAfter = RETRY_AFTER): Refusal {
    this.#options.onUnavailable?.(cause);
    return refuse('unavailable', headers, retryAfter);
  }

  #verifier(audience: string | undefined): Verifier {
    const known = this.#verifiers.get(audience);
    if (known !== undefined) return known;
    const { url, key, origin, sessionAudience, staleMax, memory, feed, fetch } = this.#options;
    const accepts = audience === undefined ? { sessionAudience } : { audience };
    const verifier = createVerifier({ url, key, origin, staleMax, memory, feed, fetch, ...accepts });
    verifier.onChange((user) => {
      for (const listener of this.#listeners) listener(user);
    });
    this.#verifiers.set(audience, verifier);
    return verifier;
  }
}

/** Verifies the values of the session cookie, exactly one of which must be valid; `undefined` if several are. */
async function verifyOnly(verifier: Verifier, tokens: readonly string[]): Promise<Judged | undefined> {
  const all = await Promise.all(tokens.map(async (token) => ({ token, verdict: await verifier.verify(token) })));
  const valid = all.filter(({ verdict }) => verdict.ok);
  const unclear = all.find(({ verdict }) => !verdict.ok && verdict.code === 'unavailable');
  return unclear ?? (valid.length > 1 ? undefined : (valid[0] ?? all[0]));
}
