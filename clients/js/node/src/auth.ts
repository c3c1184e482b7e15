import type { VerifiedSession, VerifiedUser, Verifier } from '@drawbridge/core';

import type { Requirement } from './options.js';

/** Who has sent a request: `auth` of a request that was let through. */
export interface Auth {
  /** The user. */
  readonly user: VerifiedUser;
  /** The session of the user. */
  readonly session: VerifiedSession;
}

/** How a request was let through. */
export interface Evidence {
  readonly token: string;
  readonly verifier: Verifier;
  readonly requirement: Requirement;
}

/** A session with the token that proves it, which is not printed with it. */
export class VerifiedAuth implements Auth {
  readonly user: VerifiedUser;
  readonly session: VerifiedSession;
  readonly #evidence: Evidence;

  constructor(user: VerifiedUser, session: VerifiedSession, evidence: Evidence) {
    this.user = user;
    this.session = session;
    this.#evidence = evidence;
  }

  /**
   * How a request was let through.
   *
   * @throws TypeError if this package has not created `auth`.
   */
  static evidence(auth: Auth): Evidence {
    if (!(auth instanceof VerifiedAuth)) throw new TypeError('auth must come from a request that was let through');
    return auth.#evidence;
  }
}

/** Which requirement a session does not meet, if any. */
export function unmet(
  { role, secondFactor }: Requirement,
  { user, session }: Auth,
): 'missing_role' | 'confirmation_required' | undefined {
  if (role !== undefined && !user.roles.includes(role)) return 'missing_role';
  if (secondFactor === true && !session.second_factor) return 'confirmation_required';
  return undefined;
}
