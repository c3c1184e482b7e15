/** Clocks and timers that move only when a test moves them. */
export class TestTime {
  #monotonic = 1_000_000;
  #wall = 1_800_000_000_000;
  #timers = new Map();
  #nextTimer = 1;

  environment = {
    monotonic: () => this.#monotonic,
    wall: () => this.#wall,
    random: () => 0.5,
    setTimer: (callback, ms) => {
      const timer = this.#nextTimer++;
      this.#timers.set(timer, { callback, at: this.#monotonic + ms, ms });
      return timer;
    },
    clearTimer: (timer) => this.#timers.delete(timer),
  };

  get wall() {
    return this.#wall;
  }

  /** The lengths of all timers that are running. */
  get timers() {
    return [...this.#timers.values()].map(({ ms }) => ms);
  }

  /** Moves both clocks, and fires timers in their order. */
  advance(ms) {
    const end = this.#monotonic + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      const next = due === undefined ? end : due[1].at;
      this.#wall += next - this.#monotonic;
      this.#monotonic = next;
      if (due === undefined) return;
      this.#timers.delete(due[0]);
      due[1].callback();
    }
  }

  /** Moves the wall clock alone: the machine was suspended, or its clock was set. */
  setWallClock(difference) {
    this.#wall += difference;
  }
}

/** Lets callbacks of the network run. */
export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits until the condition is true. */
export async function until(condition, what = String(condition)) {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`this has not become true: ${what}`);
    await turn();
  }
}
