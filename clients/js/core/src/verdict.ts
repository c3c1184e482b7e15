/** The user of a valid token. */
export interface VerifiedUser {
  /** The user's ID. */
  readonly id: string;
  /** The e-mail address; trust it only if `email_verified` is true. */
  readonly email: string;
  /** True if the user has proved that the address is theirs. */
  readonly email_verified: boolean;
  /** The user's roles. */
  readonly roles: readonly string[];
}

/** The session of a valid token. All times are in RFC 3339. */
export interface VerifiedSession {
  /** The session's ID. */
  readonly id: string;
  /** When the user signed in. */
  readonly created_at: string;
  /** When the session ends, even if its tokens are renewed. */
  readonly expires_at: string;
  /** When this token was issued. */
  readonly token_issued_at: string;
  /** When this token expires. */
  readonly token_expires_at: string;
  /** True if the user has proved a second factor in this session. */
  readonly second_factor: boolean;
}

/** The token is valid. */
export interface Accepted {
  readonly ok: true;
  readonly user: VerifiedUser;
  readonly session: VerifiedSession;
}

/** Why a token was refused, with the status of the response to send. */
export const REFUSALS = {
  missing_token: 403,
  invalid_token: 403,
  expired_token: 403,
  user_not_found: 401,
  user_disabled: 401,
  session_revoked: 401,
} as const;

/** Why a token was refused. */
export type RefusalCode = keyof typeof REFUSALS;

/** The token is not valid, or is no longer valid. */
export interface Refused {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly status: 401 | 403;
}

/** The token cannot be verified right now, which says nothing about the user. */
export interface Unavailable {
  readonly ok: false;
  readonly code: 'unavailable';
  readonly status: 503;
  /** When to try again, in seconds. */
  readonly retryAfter: number;
  /** The cause, for the log. */
  readonly detail: string;
}

/** The result of verifying a token. */
export type Verdict = Accepted | Refused | Unavailable;

/** When to try again during an outage, in seconds. */
const RETRY_AFTER = 2;

/** The verdict on a token that is refused. */
export function refused(code: RefusalCode): Refused {
  return Object.freeze({ ok: false, code, status: REFUSALS[code] });
}

/** The verdict during an outage. */
export function unavailable(detail: string, retryAfter = RETRY_AFTER): Unavailable {
  return Object.freeze({ ok: false, code: 'unavailable', status: 503, retryAfter, detail });
}

/** Returns true if a response names this code as the reason of a refusal. */
export function isRefusalCode(code: string | undefined): code is RefusalCode {
  return code !== undefined && Object.hasOwn(REFUSALS, code);
}
