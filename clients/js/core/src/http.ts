/** `fetch`, or a function that behaves like it. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The longest response body that is read, in bytes. */
const BODY_MAX_BYTES = 256 * 1024;

/** How long a response without `Cache-Control` is fresh, in milliseconds. */
const DEFAULT_MAX_AGE_MS = 60_000;

/** The longest time that a document is used without fetching it again, in milliseconds. */
const LONGEST_MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** A JSON object of unknown content. */
export type JsonObject = Record<string, unknown>;

/** A document, and how long it is fresh. */
export interface Document {
  readonly body: JsonObject;
  readonly maxAgeMs: number;
}

/** Fetches a JSON object; redirects are not followed. */
export async function fetchDocument(fetch: Fetch, url: string, signal: AbortSignal): Promise<Document> {
  const headers = { accept: 'application/json' };
  const response = await fetch(url, { headers, redirect: 'manual', signal });
  if (response.status !== 200) {
    await discard(response);
    throw new Error(`${url}: the response has status ${response.status}`);
  }
  const body = await readJson(response);
  if (body === undefined) throw new Error(`${url}: the response is not a JSON object`);
  return { body, maxAgeMs: maxAgeMs(response.headers.get('cache-control')) };
}

/** Reads a JSON object; `undefined` if the body is something else or too long. */
export async function readJson(response: Response): Promise<JsonObject | undefined> {
  const text = await readText(response);
  if (text === undefined) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.byteLength;
    if (length > BODY_MAX_BYTES) {
      await reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Ends a response whose body is of no interest, so that its connection can be used again. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

function maxAgeMs(cacheControl: string | null): number {
  if (cacheControl === null) return DEFAULT_MAX_AGE_MS;
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? DEFAULT_MAX_AGE_MS : Math.min(Number(seconds) * 1000, LONGEST_MAX_AGE_MS);
}

/** The value if it is a JSON object. */
export function asObject(value: unknown): JsonObject | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}

/** The value if it is a text that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value if it is an integer without rounding errors. */
export function asInteger(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** The text of an error, with its cause. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}
