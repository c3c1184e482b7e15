import type { Instant } from './environment.js';
import { LruMap } from './lru.js';
import type { SignedToken } from './token.js';
import type { Accepted, VerifiedSession, VerifiedUser } from './verdict.js';

/** A positive answer of the deployment about one session. */
export interface Answer {
  readonly user: VerifiedUser;
  readonly session: VerifiedSession;
  /** When the session ends, in milliseconds since 1970. */
  readonly endsAt: number;
  /** The version of the user's record, if the answer is recent enough to be remembered. */
  readonly version: number | undefined;
  /** When the question was sent. */
  readonly askedAt: Instant;
  /** True if the answer holds while the change feed is current. */
  readonly isRemembered: boolean;
}

/** The sessions that were valid when the deployment was asked last. */
export class Memory {
  readonly #answers: LruMap<string, Answer>;
  /** The sessions of each user. */
  readonly #sessions = new Map<string, Set<string>>();

  /** A memory for at most `max` sessions. */
  constructor(max: number) {
    this.#answers = new LruMap(max, (dropped) => this.#unlist(dropped));
  }

  /** The number of sessions. */
  get size(): number {
    return this.#answers.size;
  }

  /** The answer about a session. */
  get(session: string): Answer | undefined {
    return this.#answers.get(session);
  }

  /** Stores an answer, unless one with a newer version of the user's record is known. */
  store(answer: Answer): void {
    const known = this.#answers.get(answer.session.id);
    if (known !== undefined && (known.version ?? 0) > (answer.version ?? Infinity)) return;
    if (known !== undefined) this.#unlist(known);
    const sessions = this.#sessions.get(answer.user.id) ?? new Set();
    this.#sessions.set(answer.user.id, sessions.add(answer.session.id));
    this.#answers.set(answer.session.id, answer);
  }

  /** Forgets a session. */
  forgetSession(session: string): void {
    const answer = this.#answers.get(session);
    if (answer === undefined) return;
    this.#answers.delete(session);
    this.#unlist(answer);
  }

  /** Forgets what is known about a user, except from this version of the record or a newer one. */
  forgetUser(user: string, version: number): void {
    for (const session of this.#sessions.get(user) ?? []) {
      if ((this.#answers.get(session)?.version ?? 0) < version) this.forgetSession(session);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#answers.clear();
    this.#sessions.clear();
  }

  #unlist({ user, session }: Answer): void {
    const sessions = this.#sessions.get(user.id);
    sessions?.delete(session.id);
    if (sessions?.size === 0) this.#sessions.delete(user.id);
  }
}

/** The verdict on a token of a session. */
export function accept(answer: Answer, token: SignedToken): Accepted {
  const session = {
    ...answer.session,
    token_issued_at: timestamp(token.issuedAt),
    token_expires_at: timestamp(token.expiresAt),
  };
  return Object.freeze({ ok: true, user: answer.user, session: Object.freeze(session) });
}

function timestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
