/** How long an announced version is kept: as long as a question may take, and the time before it that counts. */
const KEPT_MS = 8_000;

interface Announcement {
  readonly version: number;
  readonly at: number;
}

/** The newest version of each user that the feed has announced in the last few seconds. */
export class Announcements {
  readonly #max: number;
  readonly #byUser = new Map<string, Announcement>();
  /** Announcements before this time may have been dropped. */
  #completeSince = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Adds an announcement that arrived now, by the monotonic clock. */
  add(user: string, version: number, now: number): void {
    const known = this.#byUser.get(user)?.version ?? version;
    // Keep the map in the order of arrival.
    this.#byUser.delete(user);
    this.#byUser.set(user, { version: Math.max(known, version), at: now });
    for (const [oldest, { at }] of this.#byUser) {
      if (this.#byUser.size <= this.#max && now - at <= KEPT_MS) break;
      this.#byUser.delete(oldest);
      this.#completeSince = at;
    }
  }

  /** Returns true if no version above this one was announced since a time of the monotonic clock. */
  hasNoneAbove(user: string, version: number, since: number): boolean {
    return this.#completeSince < since && (this.#byUser.get(user)?.version ?? version) <= version;
  }

  /** Forgets all announcements. */
  clear(): void {
    this.#byUser.clear();
  }
}
