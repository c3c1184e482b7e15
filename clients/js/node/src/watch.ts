import { performance } from 'node:perf_hooks';

import type { RefusalCode } from '@drawbridge/core';

import { unmet, VerifiedAuth, type Auth, type Evidence } from './auth.js';

/** How often every watched session is verified, in milliseconds. It costs no call while the change feed is current. */
const SWEEP_INTERVAL_MS = 1_000;

/** How many watched sessions are verified at the same time. */
const VERIFICATIONS_MAX = 8;

/** How long a session may be impossible to verify before its watch ends, in milliseconds. */
const UNVERIFIED_MAX_MS = 10_000;

/** Why a watched session must no longer be served. */
export interface SessionEnd {
  /** `unavailable` if the session could not be verified for ten seconds, which says nothing about the user. */
  readonly code: RefusalCode | 'missing_role' | 'confirmation_required' | 'unavailable';
  /** The code with which to close a WebSocket: 1008 (policy violation), or 1013 (try again later) in an outage. */
  readonly closeCode: 1008 | 1013;
}

interface Watched {
  readonly user: string;
  readonly evidence: Evidence;
  readonly onEnd: (end: SessionEnd) => void;
  /** Since when the session could not be verified, by the monotonic clock. */
  unverifiedSince: number | undefined;
}

/** Watches sessions until they end. */
export class SessionWatch {
  readonly #byUser = new Map<string, Set<Watched>>();
  /** Those that are verified next. */
  readonly #due = new Set<Watched>();
  #verifications = 0;
  #sweeps: NodeJS.Timeout | undefined;

  /** Calls `onEnd` once when the session of `auth` ends, and returns a function that stops watching it. */
  add(auth: Auth, onEnd: (end: SessionEnd) => void): () => void {
    const evidence = VerifiedAuth.evidence(auth);
    const watched = { user: auth.user.id, evidence, onEnd, unverifiedSince: undefined };
    const ofUser = this.#byUser.get(watched.user) ?? new Set();
    this.#byUser.set(watched.user, ofUser.add(watched));
    this.#sweeps ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
    // The session may have ended since the request was verified.
    this.#verifySoon([watched]);
    return () => this.#remove(watched);
  }

  /** Verifies the sessions of a user who has changed. */
  onChange(user: string): void {
    this.#verifySoon(this.#byUser.get(user) ?? []);
  }

  /** Stops watching all sessions. */
  close(): void {
    clearInterval(this.#sweeps);
    this.#sweeps = undefined;
    this.#byUser.clear();
    this.#due.clear();
  }

  #sweep(): void {
    for (const ofUser of this.#byUser.values()) this.#verifySoon(ofUser);
  }

  #verifySoon(sessions: Iterable<Watched>): void {
    for (const watched of sessions) this.#due.add(watched);
    while (this.#verifications < VERIFICATIONS_MAX && this.#due.size > 0) void this.#work();
  }

  async #work(): Promise<void> {
    this.#verifications += 1;
    for (const watched of this.#due) {
      this.#due.delete(watched);
      const end = await verify(watched);
      // An error of `onEnd` is the program's own, as in any other callback.
      if (end !== undefined && this.#remove(watched)) queueMicrotask(() => watched.onEnd(end));
    }
    this.#verifications -= 1;
  }

  #remove(watched: Watched): boolean {
    this.#due.delete(watched);
    const ofUser = this.#byUser.get(watched.user);
    const wasWatched = ofUser?.delete(watched) === true;
    if (ofUser?.size === 0) this.#byUser.delete(watched.user);
    if (this.#byUser.size === 0) {
      clearInterval(this.#sweeps);
      this.#sweeps = undefined;
    }
    return wasWatched;
  }
}

/** Why a session must no longer be served, if so. */
async function verify(watched: Watched): Promise<SessionEnd | undefined> {
  const { verifier, token, requirement } = watched.evidence;
  const verdict = await verifier.verify(token);
  if (verdict.ok) {
    watched.unverifiedSince = undefined;
    const code = unmet(requirement, verdict);
    return code && { code, closeCode: 1008 };
  }
  if (verdict.code !== 'unavailable') return { code: verdict.code, closeCode: 1008 };
  const now = performance.now();
  watched.unverifiedSince ??= now;
  return now - watched.unverifiedSince < UNVERIFIED_MAX_MS ? undefined : { code: 'unavailable', closeCode: 1013 };
}
