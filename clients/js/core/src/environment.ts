/** The clocks, timers and random numbers that a verifier uses, so that tests can replace them. */
export interface Environment {
  /** Milliseconds by a clock that is never set. */
  monotonic(): number;
  /** Milliseconds since 1970. */
  wall(): number;
  /** A random number from 0 up to, but not including, 1. */
  random(): number;
  /** Calls `callback` once after `ms` milliseconds, and does not keep the process alive for that. */
  setTimer(callback: () => void, ms: number): unknown;
  /** Cancels a timer. */
  clearTimer(timer: unknown): void;
}

/** The environment of the host. */
export const hostEnvironment: Environment = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  setTimer(callback, ms) {
    const timer: unknown = setTimeout(callback, ms);
    // Node and Bun return an object; Deno and browsers return a number.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
      timer.unref();
    } else if (typeof timer === 'number') {
      unrefInDeno(timer);
    }
    return timer;
  },
  clearTimer: (timer) => clearTimeout(timer as number),
};

function unrefInDeno(timer: number): void {
  const { Deno } = globalThis as { Deno?: { unrefTimer?: (timer: number) => void } };
  Deno?.unrefTimer?.(timer);
}

/** A point in time by both clocks. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** The current time by both clocks. */
export function instant(environment: Environment): Instant {
  return { monotonic: environment.monotonic(), wall: environment.wall() };
}

/**
 * At least the milliseconds between two instants: a monotonic clock may stop while the machine is suspended, and a wall
 * clock may be set back.
 */
export function elapsed(since: Instant, now: Instant): number {
  return Math.max(now.monotonic - since.monotonic, now.wall - since.wall);
}

/** Waits until the time has passed or the signal is aborted. */
export function pause(environment: Environment, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      environment.clearTimer(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = environment.setTimer(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** Runs `work`, and aborts its signal if it takes longer than `ms` milliseconds. */
export async function withDeadline<T>(
  environment: Environment,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: unknown;
  const expired = new Promise<never>((_, reject) => {
    timer = environment.setTimer(() => {
      const reason = new Error(`no complete response within ${ms / 1000} s`);
      controller.abort(reason);
      reject(reason);
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), expired]);
  } finally {
    environment.clearTimer(timer);
  }
}
