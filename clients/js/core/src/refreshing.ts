import { elapsed, instant, withDeadline, type Environment, type Instant } from './environment.js';

/** How long a load may take, in milliseconds. */
const LOAD_TIMEOUT_MS = 5_000;

/** How long to wait after a load before the next one, in milliseconds. */
const LOAD_INTERVAL_MS = 1_000;

/** A value, and how long it is fresh. */
export interface Loaded<T> {
  readonly value: T;
  readonly maxAgeMs: number;
}

/** Loads a value. `previous` is the value that it replaces. */
export type Load<T> = (signal: AbortSignal, previous: T | undefined) => Promise<Loaded<T>>;

/** A value that is loaded when it is needed, and loaded again when it is no longer fresh. */
export class Refreshing<T> {
  readonly #environment: Environment;
  readonly #load: Load<T>;
  readonly #sharesWork: boolean;
  #value: T | undefined;
  #freshMs = 0;
  #loadedAt: Instant | undefined;
  #error: unknown;
  #flight: Promise<T> | undefined;

  constructor(environment: Environment, sharesWork: boolean, load: Load<T>) {
    this.#environment = environment;
    this.#sharesWork = sharesWork;
    this.#load = load;
  }

  /** The value, or `undefined` before the first load; refreshes it in the background where that is possible. */
  peek(now: Instant): T | undefined {
    if (this.#isDue(now)) {
      if (!this.#sharesWork) return undefined;
      void this.#start().catch(() => undefined);
    }
    return this.#value;
  }

  /** The value, which is the previous one if it cannot be refreshed; rejects if there is none. */
  async get(): Promise<T> {
    const now = instant(this.#environment);
    const value = this.peek(now);
    if (value !== undefined) return value;
    if (!this.#isDue(now)) throw this.#error;
    try {
      return await this.#start();
    } catch (error) {
      if (this.#value !== undefined) return this.#value;
      throw error;
    }
  }

  #isDue(now: Instant): boolean {
    return this.#loadedAt === undefined || elapsed(this.#loadedAt, now) >= this.#freshMs;
  }

  #start(): Promise<T> {
    if (!this.#sharesWork) return this.#run();
    this.#flight ??= this.#run().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #run(): Promise<T> {
    try {
      const load = (signal: AbortSignal): Promise<Loaded<T>> => this.#load(signal, this.#value);
      const { value, maxAgeMs } = await withDeadline(this.#environment, LOAD_TIMEOUT_MS, load);
      this.#value = value;
      this.#freshMs = Math.max(maxAgeMs, LOAD_INTERVAL_MS);
      return value;
    } catch (error) {
      this.#error = error;
      this.#freshMs = LOAD_INTERVAL_MS;
      throw error;
    } finally {
      this.#loadedAt = instant(this.#environment);
    }
  }
}
