import { randomUUID } from 'node:crypto';

import type { RefusalCode } from '@drawbridge/core';

import type { HeaderValues } from './request.js';

/** Why a request was refused. */
export type ProblemCode =
  | RefusalCode
  | 'missing_role'
  | 'confirmation_required'
  | 'cross_site_request'
  | 'unavailable';

/** The response to a request that is refused. */
export interface Refusal {
  readonly ok: false;
  readonly status: 401 | 403 | 503;
  readonly code: ProblemCode;
  /** The headers of the response. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the response, a problem (RFC 9457). */
  readonly body: string;
}

/** The problem of a code, without the request. */
interface Problem {
  readonly status: Refusal['status'];
  readonly title: string;
  readonly detail: string;
  /** The challenge in `WWW-Authenticate` (RFC 6750, 3). */
  readonly challenge?: string;
}

const NO_TOKEN = 'Bearer realm="drawbridge"';
const INVALID_TOKEN = 'Bearer realm="drawbridge", error="invalid_token"';
const INSUFFICIENT_SCOPE = 'Bearer realm="drawbridge", error="insufficient_scope"';

const PROBLEMS: Readonly<Record<ProblemCode, Problem>> = {
  missing_token: refused('Missing token', 'Send the token of a signed-in user.', NO_TOKEN),
  invalid_token: refused('Invalid token', 'Sign in again.'),
  expired_token: refused('Expired token', 'Sign in again.'),
  user_not_found: refused('User not found', 'The account was deleted.'),
  user_disabled: refused('User disabled', 'Contact the operator of this site.'),
  session_revoked: refused('Session revoked', 'Sign in again.'),
  missing_role: {
    status: 403,
    title: 'Role required',
    detail: 'This account does not have the role that the request requires.',
    challenge: INSUFFICIENT_SCOPE,
  },
  confirmation_required: {
    status: 403,
    title: 'Confirmation required',
    detail: 'This request requires a sign-in with a second factor. Confirm the identity of the user with one.',
    challenge: INSUFFICIENT_SCOPE,
  },
  cross_site_request: {
    status: 403,
    title: 'Cross-site request refused',
    detail: 'Send the request from a page of this site.',
  },
  unavailable: {
    status: 503,
    title: 'Service unavailable',
    detail: 'The session cannot be verified right now. Try again shortly.',
  },
};

function refused(title: string, detail: string, challenge = INVALID_TOKEN): Problem {
  return { status: 401, title, detail, challenge };
}

/** The response to a request that is refused with this code; `retryAfter` is in seconds. */
export function refuse(code: ProblemCode, headers: HeaderValues, retryAfter?: number): Refusal {
  const { status, title, detail, challenge } = PROBLEMS[code];
  const requestId = requestIdOf(headers);
  const body = {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    code,
    request_id: requestId,
    success: false,
    message: title,
    ...(status === 401 ? { authenticated: false } : undefined),
  };
  return {
    ok: false,
    status,
    code,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(challenge === undefined ? undefined : { 'www-authenticate': challenge }),
      ...(retryAfter === undefined ? undefined : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(body),
  };
}

/** The ID that a request arrived with, if it is valid, otherwise a new one. */
function requestIdOf(headers: HeaderValues): string {
  const [id] = headers('x-request-id');
  return id !== undefined && /^[\w.-]{8,128}$/.test(id) ? id : randomUUID();
}

/** The response as a `Response` of the Fetch standard. */
export function toResponse({ status, headers, body }: Refusal): Response {
  return new Response(body, { status, headers });
}
