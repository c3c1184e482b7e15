import { instant, withDeadline, type Environment, type Instant } from './environment.js';
import {
  asInteger,
  asObject,
  asText,
  discard,
  errorText,
  readJson,
  type Fetch,
  type JsonObject,
} from './http.js';
import type { Metadata } from './metadata.js';
import type { Acceptance } from './token.js';
import {
  isRefusalCode,
  refused,
  unavailable,
  type Accepted,
  type Refused,
  type Unavailable,
  type VerifiedSession,
  type VerifiedUser,
} from './verdict.js';

/** How long a question may take, in milliseconds. */
export const QUESTION_TIMEOUT_MS = 5_000;

/** A reply that accepts a token. */
export interface PositiveReply {
  readonly accepted: Accepted;
  /** The version of the user's record, if the reply is recent enough to be remembered. */
  readonly version: number | undefined;
  /** When the question was sent. */
  readonly askedAt: Instant;
}

/** What the deployment says about a token. */
export type Reply = PositiveReply | Refused | Unavailable;

/** Asks the deployment about a token (`POST /api/verify`). Never rejects. */
export async function askDeployment(
  parts: { environment: Environment; fetch: Fetch; accepts: Acceptance },
  metadata: Metadata,
  token: string,
): Promise<Reply> {
  const { environment, fetch, accepts } = parts;
  const askedAt = instant(environment);
  const request = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(question(accepts, metadata)),
    redirect: 'manual' as const,
  };
  try {
    return await withDeadline(environment, QUESTION_TIMEOUT_MS, async (signal) => {
      const response = await sendTwice(fetch, metadata.verifyUrl, { ...request, signal });
      return readReply(response, askedAt);
    });
  } catch (error) {
    return unavailable(`${metadata.verifyUrl}: ${errorText(error)}`);
  }
}

function question({ audience, sessionAudience }: Acceptance, metadata: Metadata): JsonObject {
  const question: JsonObject = {};
  if (audience !== undefined) question['audience'] = audience;
  if (sessionAudience !== undefined) question['session_audience'] = sessionAudience;
  // A deployment without a change feed refuses members that it does not know.
  if (metadata.changesUrl !== undefined) question['with_record'] = true;
  return question;
}

/** Sends a request again if its connection broke, because a server may close an idle connection at any time. */
async function sendTwice(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    return fetch(url, init);
  }
}

async function readReply(response: Response, askedAt: Instant): Promise<Reply> {
  const { status } = response;
  if (status === 200) return readPositiveReply(await readJson(response), askedAt);
  if (status === 401 || status === 403) {
    const code = asText((await readJson(response))?.['code']);
    return isRefusalCode(code) ? refused(code) : unavailable(`verification failed with code ${code ?? 'unknown'}`);
  }
  await discard(response);
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return unavailable(`verification failed with status ${status}`, seconds > 0 ? Math.ceil(seconds) : undefined);
}

function readPositiveReply(body: JsonObject | undefined, askedAt: Instant): Reply {
  const data = asObject(body?.['data']);
  const user = readUser(asObject(data?.['user']));
  const session = readSession(asObject(data?.['session']));
  if (user === undefined || session === undefined) return unavailable('the response of the verification is malformed');
  const version = asInteger(asObject(data?.['record'])?.['version']);
  return { accepted: Object.freeze({ ok: true, user, session }), version, askedAt };
}

function readUser(user: JsonObject | undefined): VerifiedUser | undefined {
  const id = asText(user?.['id']);
  const email = asText(user?.['email']);
  const roles = user?.['roles'];
  if (id === undefined || email === undefined || !Array.isArray(roles)) return undefined;
  const ownRoles = Object.freeze(roles.filter((role) => typeof role === 'string'));
  return Object.freeze({ id, email, email_verified: user?.['email_verified'] === true, roles: ownRoles });
}

function readSession(session: JsonObject | undefined): VerifiedSession | undefined {
  const id = asText(session?.['id']);
  const created_at = asText(session?.['created_at']);
  const expires_at = asText(session?.['expires_at']);
  const token_issued_at = asText(session?.['token_issued_at']);
  const token_expires_at = asText(session?.['token_expires_at']);
  if (!id || !created_at || !expires_at || !token_issued_at || !token_expires_at) return undefined;
  const second_factor = session?.['second_factor'] === true;
  return Object.freeze({ id, created_at, expires_at, token_issued_at, token_expires_at, second_factor });
}
