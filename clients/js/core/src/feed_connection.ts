import { elapsed, instant, type Environment, type Instant } from './environment.js';
import { EventStreamParser, type ServerEvent } from './event_stream.js';
import { asInteger, asObject, asText, discard, readJson, type JsonObject } from './http.js';

/** How long a connection may be without a current watermark, in milliseconds. */
const WITHOUT_WATERMARK_MAX_MS = 5_000;

/** How often a connection checks whether it has a current watermark, in milliseconds. */
const CHECK_INTERVAL_MS = 500;

/** What a connection reports, in the order of the feed. */
export interface FeedListener {
  /** Events may be missing. */
  onReset(): void;
  /** These are the public keys. */
  onKeys(jwks: JsonObject): Promise<void>;
  /** The user's record has this version now. */
  onUser(id: string, version: number): void;
}

/** The deployment has refused to open the feed. */
export class FeedRefused extends Error {
  /** The status of the response. */
  readonly status: number;

  constructor(status: number, code: string | undefined) {
    super(`the change feed is refused with status ${status}${code === undefined ? '' : ` (${code})`}`);
    this.status = status;
  }
}

/** One connection to the change feed, and what it proves about the present. */
export class FeedConnection {
  readonly #environment: Environment;
  readonly #watermarkMaxAgeMs: number;
  readonly #listener: FeedListener;
  readonly #onCurrent: () => void;
  readonly #abort = new AbortController();
  /** When the request was sent. */
  readonly #startedAt: Instant;
  /** The latest time that verify-service's clock can have shown when the request was sent. */
  #startedAtServer: number | undefined;
  /** Every change that was committed before this time of verify-service's clock has been announced. */
  #deliveredUntil: number | undefined;
  /** When the first watermark after the newest reset arrived. */
  #connectedAt: number | undefined;
  /** When the newest watermark was last known to be current. */
  #currentAt: number;

  /** A connection whose request is sent now, and which calls `onCurrent` while its watermark is current. */
  constructor(
    environment: Environment,
    watermarkMaxAgeMs: number,
    listener: FeedListener,
    onCurrent: () => void,
  ) {
    this.#environment = environment;
    this.#watermarkMaxAgeMs = watermarkMaxAgeMs;
    this.#listener = listener;
    this.#onCurrent = onCurrent;
    this.#startedAt = instant(environment);
    this.#currentAt = this.#startedAt.monotonic;
  }

  /** Aborted when the connection ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** When the first watermark after the newest reset arrived, by the monotonic clock. */
  get connectedAt(): number | undefined {
    return this.#connectedAt;
  }

  /** Returns true if every change that is older than the watermark's maximum age has been announced. */
  isCurrent(now: Instant): boolean {
    const age = this.#watermarkAge(now);
    return age !== undefined && age >= 0 && age < this.#watermarkMaxAgeMs;
  }

  /** At most this many milliseconds have passed since the time of the newest watermark. */
  #watermarkAge(now: Instant): number | undefined {
    if (this.#startedAtServer === undefined || this.#deliveredUntil === undefined) return undefined;
    return this.#startedAtServer + elapsed(this.#startedAt, now) - this.#deliveredUntil;
  }

  /** Ends the connection. */
  close(reason: Error): void {
    this.#abort.abort(reason);
  }

  /** Sends the request and reports events until the connection ends, for the reason with which this rejects. */
  async run(open: (signal: AbortSignal) => Promise<Response>): Promise<never> {
    let timer: unknown;
    const check = (): void => {
      this.#check();
      timer = this.#environment.setTimer(check, CHECK_INTERVAL_MS);
    };
    timer = this.#environment.setTimer(check, CHECK_INTERVAL_MS);
    try {
      return await this.#read(await open(this.signal));
    } finally {
      this.#environment.clearTimer(timer);
      this.#connectedAt = undefined;
      this.close(new Error('the connection to the change feed has ended'));
    }
  }

  async #read(response: Response): Promise<never> {
    if (response.status !== 200) throw new FeedRefused(response.status, asText((await readJson(response))?.['code']));
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (response.body === null || isStream !== true) {
      await discard(response);
      throw new Error('the response is not an event stream');
    }
    const reader = response.body.getReader();
    const cancel = (): void => void reader.cancel().catch(() => undefined);
    this.signal.addEventListener('abort', cancel);
    const parser = new EventStreamParser();
    for (;;) {
      const { done, value } = await reader.read();
      this.signal.throwIfAborted();
      if (done) throw new Error('the deployment has ended the change feed');
      for (const event of parser.push(value)) {
        await this.#handle(event);
        this.signal.throwIfAborted();
      }
    }
  }

  async #handle(event: ServerEvent): Promise<void> {
    if (event.type === 'reset') return this.#reset(parse(event));
    if (this.#startedAtServer === undefined) throw new Error('the change feed does not begin with a reset');
    if (event.type === 'keys') return this.#listener.onKeys(parse(event));
    if (event.type === 'user') return this.#announce(parse(event));
    if (event.type === 'watermark') return this.#raiseWatermark(parse(event));
  }

  #reset(data: JsonObject): void {
    this.#startedAtServer ??= integer(data, 'time');
    this.#deliveredUntil = undefined;
    this.#connectedAt = undefined;
    this.#listener.onReset();
  }

  #announce(data: JsonObject): void {
    const id = asText(data['id']);
    if (id === undefined) throw new Error('the change feed names no user');
    this.#listener.onUser(id, integer(data, 'version'));
  }

  #raiseWatermark(data: JsonObject): void {
    this.#deliveredUntil = Math.max(this.#deliveredUntil ?? 0, integer(data, 'delivered_until'));
    this.#connectedAt ??= this.#environment.monotonic();
    this.#check();
  }

  /** Ends the connection if a clock was changed, or if there has been no current watermark for too long. */
  #check(): void {
    const now = instant(this.#environment);
    const age = this.#watermarkAge(now);
    if (age !== undefined && age < 0) {
      // Later, this watermark would look current.
      this.#deliveredUntil = undefined;
      return this.close(new Error('a clock was changed'));
    }
    if (this.isCurrent(now)) {
      this.#currentAt = now.monotonic;
      this.#onCurrent();
    }
    // This includes a connection on which nothing arrives.
    if (now.monotonic - this.#currentAt >= WITHOUT_WATERMARK_MAX_MS) {
      this.close(new Error(`no current watermark for ${WITHOUT_WATERMARK_MAX_MS / 1000} s`));
    }
  }
}

function parse(event: ServerEvent): JsonObject {
  const data = asObject(JSON.parse(event.data));
  if (data === undefined) throw new Error(`the data of the event ${event.type} is not a JSON object`);
  return data;
}

function integer(data: JsonObject, name: string): number {
  const value = asInteger(data[name]);
  if (value === undefined) throw new Error(`the change feed sent no ${name}`);
  return value;
}
