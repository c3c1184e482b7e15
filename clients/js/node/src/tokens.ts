import type { HeaderValues } from './request.js';

/** How many distinct session cookies of one request are verified. */
const COOKIES_MAX = 8;

/** The token that counts, and from where it comes. */
export type PresentedToken =
  | { readonly from: 'nowhere' }
  | { readonly from: 'several_sources' }
  | { readonly from: 'header'; readonly token: string }
  | { readonly from: 'cookie'; readonly tokens: readonly string[] };

const NOWHERE: PresentedToken = { from: 'nowhere' };
const SEVERAL: PresentedToken = { from: 'several_sources' };

/**
 * Finds the token that counts: `X-Auth-Token`, which is always one of Drawbridge's, else the session cookie, else
 * `Authorization: Bearer`, which may be a token of the application's own.
 *
 * Without the name of a session cookie, no cookie counts.
 */
export function presentedToken(headers: HeaderValues, cookieName: string | undefined): PresentedToken {
  const forwarded = headers('x-auth-token').filter((value) => value.trim() !== '');
  const cookies = cookieName === undefined ? [] : cookieValues(headers('cookie'), cookieName);
  const [token] = forwarded;
  if (token !== undefined) {
    const isOnly = forwarded.length === 1 && cookies.length === 0 && !token.includes(',');
    return isOnly ? { from: 'header', token: token.trim() } : SEVERAL;
  }
  if (cookies.length > 0) return { from: 'cookie', tokens: cookies };
  return bearerToken(headers('authorization'));
}

function bearerToken(fields: readonly string[]): PresentedToken {
  const tokens = fields.map((field) => /^bearer +(.*)$/is.exec(field)?.[1]?.trim() ?? '');
  if (fields.length > 1 && tokens.some((token) => token !== '')) return SEVERAL;
  const [token] = tokens;
  return token === undefined || token === '' ? NOWHERE : { from: 'header', token };
}

/** The distinct values of the cookies with this name. A sibling host can plant a second one. */
function cookieValues(fields: readonly string[], name: string): readonly string[] {
  const values = new Set<string>();
  for (const pair of fields.flatMap((field) => field.split(';'))) {
    const equals = pair.indexOf('=');
    if (equals < 0 || trimSpace(pair.slice(0, equals)) !== name) continue;
    const value = trimSpace(pair.slice(equals + 1));
    if (value !== '') values.add(value);
    if (values.size === COOKIES_MAX) break;
  }
  return [...values];
}

/** Removes what RFC 6265 allows around names and values, and no other white space. */
function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
