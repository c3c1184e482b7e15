/** A map with at most `max` entries, which drops the entry that was used least recently. */
export class LruMap<K, V> {
  readonly #max: number;
  readonly #entries = new Map<K, V>();
  readonly #onDrop: ((value: V) => void) | undefined;

  /** A map of this size, which reports each entry that it drops to make room. */
  constructor(max: number, onDrop?: (value: V) => void) {
    this.#max = max;
    this.#onDrop = onDrop;
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Returns a value and marks it as used. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    // While much room is left, the order need not be exact.
    if (value !== undefined && this.#entries.size * 2 > this.#max) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** Stores a value, and drops the value used least recently if there is no room. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    for (const [oldest, dropped] of this.#entries) {
      this.#entries.delete(oldest);
      this.#onDrop?.(dropped);
      break;
    }
  }

  /** Removes a value. */
  delete(key: K): void {
    this.#entries.delete(key);
  }

  /** Removes all values. */
  clear(): void {
    this.#entries.clear();
  }
}
