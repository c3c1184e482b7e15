import { elapsed, instant, type Environment, type Instant } from './environment.js';

/** How long after its start work may be joined, in milliseconds: its result is as old as its start. */
const JOIN_MAX_AGE_MS = 1_000;

interface Flight<T> {
  readonly startedAt: Instant;
  readonly result: Promise<T>;
}

/** Work in progress: once per key, however many callers wait for it. */
export class Flights<T> {
  readonly #environment: Environment;
  readonly #sharesWork: boolean;
  readonly #flights = new Map<string, Flight<T>>();

  constructor(environment: Environment, sharesWork: boolean) {
    this.#environment = environment;
    this.#sharesWork = sharesWork;
  }

  /** Joins the work for this key if it started a moment ago, or starts it. */
  join(key: string, work: () => Promise<T>): Promise<T> {
    if (!this.#sharesWork) return work();
    const startedAt = instant(this.#environment);
    const current = this.#flights.get(key);
    if (current !== undefined && elapsed(current.startedAt, startedAt) < JOIN_MAX_AGE_MS) return current.result;
    const result = work().finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    const flight = { startedAt, result };
    this.#flights.set(key, flight);
    return result;
  }
}
