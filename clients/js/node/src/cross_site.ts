import type { HeaderValues } from './request.js';

/** Methods that change nothing. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Returns true if a page of another site must not be able to send this request with a cookie. */
export function needsOwnPage(method: string | undefined, isUpgrade: boolean): boolean {
  return isUpgrade || !SAFE_METHODS.has(method ?? 'GET');
}

/**
 * Returns true if a request comes from a page of the frontend, of an allowed origin or of the same origin, or from no
 * page at all.
 *
 * Browsers send `Origin` with changing requests and WebSockets. A client that sends neither `Origin` nor
 * `Sec-Fetch-Site` is not a browser.
 */
export function isFromOwnPage(headers: HeaderValues, frontend: string, allowed: ReadonlySet<string>): boolean {
  const sites = headers('sec-fetch-site');
  if (sites.length === 1 && (sites[0] === 'same-origin' || sites[0] === 'none')) return true;
  const [origin, ...others] = headers('origin');
  if (origin === undefined) return sites.length === 0;
  if (others.length > 0) return false;
  return origin === frontend || allowed.has(origin) || origin === ownOrigin(headers('host'), frontend);
}

/** The origin of this server. It has the scheme of the frontend, because a proxy may end TLS. */
function ownOrigin([host]: readonly string[], frontend: string): string | undefined {
  return host === undefined ? undefined : `${new URL(frontend).protocol}//${host}`;
}
