import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds. */
export async function until(condition, name = String(condition), ms = 20_000) {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`in vain: ${typeof name === 'function' ? name() : name}`);
    await pause(5);
  }
}
