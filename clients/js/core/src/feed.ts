import { pause, type Environment, type Instant } from './environment.js';
import { FeedConnection, FeedRefused, type FeedListener } from './feed_connection.js';
import { errorText, type Fetch } from './http.js';
import type { Metadata } from './metadata.js';
import { signRequest, type Credentials } from './proof.js';
import type { Refreshing } from './refreshing.js';

/** How long to wait at most before the first attempt to connect again, in milliseconds. */
const FIRST_PAUSE_MS = 200;

/** How long to wait at most before any attempt to connect again, in milliseconds. */
const LONGEST_PAUSE_MS = 5_000;

/** The same if the deployment refuses the key. */
const LONGEST_PAUSE_AFTER_REFUSAL_MS = 60_000;

/** The header with the key itself. */
const KEY_HEADER = 'x-drawbridge-key';

/** What the feed needs. */
export interface FeedParts {
  readonly environment: Environment;
  readonly fetch: Fetch;
  readonly metadata: Refreshing<Metadata>;
  readonly credentials: Credentials;
  readonly listener: FeedListener;
}

/** Keeps a connection to the change feed. */
export class Feed {
  readonly #parts: FeedParts;
  readonly #end = new AbortController();
  readonly #tried: Promise<void>;
  #setTried: () => void = () => undefined;
  #connection: FeedConnection | undefined;
  #isStarted = false;
  #pauseMs = FIRST_PAUSE_MS;
  #connections = 0;
  #error: string | undefined;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#tried = new Promise((resolve) => {
      this.#setTried = resolve;
    });
  }

  /** How many connections have been attempted. */
  get connections(): number {
    return this.#connections;
  }

  /** Why the last connection ended. */
  get error(): string | undefined {
    return this.#error;
  }

  /** When the first watermark after the newest reset arrived, by the monotonic clock; `undefined` without a connection. */
  get connectedAt(): number | undefined {
    return this.#connection?.connectedAt;
  }

  /** Returns true if the newest watermark is current. */
  isCurrent(now: Instant): boolean {
    return this.#connection?.isCurrent(now) ?? false;
  }

  /** Connects, unless the feed has done so before. */
  start(): void {
    if (this.#isStarted || this.#end.signal.aborted) return;
    this.#isStarted = true;
    void this.#run();
  }

  /** Resolves when the first attempt to connect has led to a current watermark, or has failed. */
  tried(): Promise<void> {
    return this.#tried;
  }

  /** Ends the feed. */
  close(): void {
    this.#end.abort();
    this.#connection?.close(new Error('the verifier was closed'));
    this.#setTried();
  }

  #onCurrent(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#setTried();
  }

  async #run(): Promise<void> {
    const { environment } = this.#parts;
    while (!this.#end.signal.aborted) {
      const longestMs = await this.#connect();
      this.#setTried();
      // Half of the pause is random, so that the clients of a restarted deployment do not connect all together.
      const pauseMs = Math.min(this.#pauseMs, longestMs) * (0.5 + environment.random() / 2);
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestMs);
      await pause(environment, pauseMs, this.#end.signal);
    }
  }

  /** Connects, reads until the connection ends, and returns the longest pause after that. */
  async #connect(): Promise<number> {
    const { environment, metadata, listener } = this.#parts;
    this.#connections += 1;
    try {
      const { changesUrl, watermarkMaxAgeMs } = await metadata.get();
      if (changesUrl === undefined) throw new FeedRefused(404, 'not in the metadata');
      if (this.#end.signal.aborted) return LONGEST_PAUSE_MS;
      const onCurrent = (): void => this.#onCurrent();
      const connection = new FeedConnection(environment, watermarkMaxAgeMs, listener, onCurrent);
      this.#connection = connection;
      return await connection.run((signal) => this.#open(changesUrl, signal));
    } catch (error) {
      this.#error = errorText(error);
      const isRefused = error instanceof FeedRefused && error.status < 500;
      return isRefused ? LONGEST_PAUSE_AFTER_REFUSAL_MS : LONGEST_PAUSE_MS;
    }
  }

  async #open(url: string, signal: AbortSignal): Promise<Response> {
    const { environment, fetch, credentials } = this.#parts;
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (credentials.origin === undefined) {
      // Without an origin, no proof is accepted. The connection is encrypted, or local.
      headers[KEY_HEADER] = credentials.key;
      return fetch(url, { headers, redirect: 'manual', signal });
    }
    const date = new Date(environment.wall());
    const signed = await signRequest({ method: 'GET', url, headers }, { ...credentials, date });
    return fetch(url, { headers: signed, redirect: 'manual', signal });
  }
}
