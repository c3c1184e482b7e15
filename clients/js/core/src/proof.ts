/** A request that a frontend's server is about to send to the deployment. */
export interface SignableRequest {
  /** The method. */
  readonly method: string;
  /** The absolute URL, exactly as it will be sent. */
  readonly url: string | URL;
  /** The headers. */
  readonly headers?: Headers | Record<string, string> | [string, string][] | undefined;
  /** The body, if there is one. */
  readonly body?: string | Uint8Array | null | undefined;
}

/** With what a frontend proves its identity. */
export interface Credentials {
  /** The frontend's key: `dbk_…` or `dbp_…`. */
  readonly key: string;
  /** The origin that the frontend acts for, which must be registered for it. */
  readonly origin?: string | undefined;
}

/** With what a request is signed. */
export interface Signing extends Credentials {
  /** The IP address of the client on whose behalf the request is sent, if it is known. */
  readonly client?: string | null | undefined;
  /** The time of the request; by default, the current time. */
  readonly date?: Date | undefined;
}

/** The header that carries a proof. */
const PROOF_HEADER = 'x-drawbridge-proxy';

/** The header that names the origin that a frontend acts for. */
const ORIGIN_HEADER = 'x-drawbridge-origin';

/** The prefix of the names of all headers that a proof covers. */
const COVERED_HEADERS = 'x-drawbridge-';

const VERSION = 'v2';
const NONCE_BYTES = 16;

/** What `<prefix>_<id>_<secret><checksum>` looks like; the ID is public. */
const KEY_FORMAT = /^[a-z]{3}_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}$/;

/**
 * Returns the public ID of a frontend's key.
 *
 * @throws TypeError if the text is not a key.
 */
export function keyId(key: string): string {
  const id = KEY_FORMAT.exec(key)?.[1];
  if (id === undefined) throw new TypeError('the key must be one line that begins with dbk_ or dbp_');
  return id;
}

/** Returns the headers of a request, including a proof that it was sent by the holder of the key. */
export async function signRequest(request: SignableRequest, signing: Signing): Promise<Headers> {
  const headers = new Headers(request.headers);
  if (signing.origin !== undefined) headers.set(ORIGIN_HEADER, signing.origin);
  const url = new URL(request.url);
  const nonce = base64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  const seconds = Math.floor((signing.date?.getTime() ?? Date.now()) / 1000);
  const statement = { key: signing.key, seconds, nonce, client: signing.client ?? null };
  const body = typeof request.body === 'string' ? utf8(request.body) : (request.body ?? new Uint8Array());
  const proven = { method: request.method, target: url.pathname + url.search, headers: [...headers], body };
  headers.set(PROOF_HEADER, await prove(statement, proven));
  return headers;
}

/** The parts of a proof that precede the tag, and the client address. */
export interface Statement {
  readonly key: string;
  readonly seconds: number;
  readonly nonce: string;
  readonly client: string | null;
}

/** The parts of a request that a proof covers. */
export interface ProvenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** Returns the value of the header that proves a request. */
export async function prove(statement: Statement, request: ProvenRequest): Promise<string> {
  const { key, seconds, nonce, client } = statement;
  const id = keyId(key);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const hmacKey = await crypto.subtle.importKey('raw', utf8(key), hmac, false, ['sign']);
  const canonical = await canonicalForm(statement, request);
  const tag = base64Url(new Uint8Array(await crypto.subtle.sign('HMAC', hmacKey, canonical)));
  return [VERSION, id, seconds, nonce, tag, client ?? '-'].join('.');
}

/** What the tag authenticates: lines separated by line feeds, with no line feed at the end. */
export async function canonicalForm(
  { key, seconds, nonce, client }: Statement,
  { method, target, headers, body }: ProvenRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const digest = base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(body))));
  const fixed = [VERSION, keyId(key), seconds, nonce, method.toUpperCase(), target, digest, client ?? '-'];
  const covered = headers
    .map(([name, value]) => ({ name: name.toLowerCase(), value: value.replace(/^[\t ]+|[\t ]+$/g, '') }))
    .filter(({ name }) => name.startsWith(COVERED_HEADERS) && name !== PROOF_HEADER)
    .map(({ name, value }) => `${name}:${value}`)
    .sort();
  return bytes([...fixed, ...covered].join('\n'));
}

/** The bytes of a text of ASCII characters and header values, with one byte per character. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

function base64Url(data: Uint8Array): string {
  const text = btoa(String.fromCharCode(...data));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
