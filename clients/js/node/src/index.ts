import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Auth } from './auth.js';
import { createClient, type Drawbridge } from './client.js';
import type { DrawbridgeOptions, SessionOptions } from './options.js';
import { sendRefusal } from './send.js';

export type { RefusalCode, VerifiedSession, VerifiedUser, VerifierStats } from '@drawbridge/core';
export type { Auth } from './auth.js';
export type { Outcome } from './authenticator.js';
export type { Drawbridge } from './client.js';
export type { DrawbridgeOptions, SessionOptions } from './options.js';
export { toResponse, type ProblemCode, type Refusal } from './refusal.js';
export type { AnyRequest, NodeRequest } from './request.js';
export { sendRefusal } from './send.js';
export type { SessionEnd } from './watch.js';

/** A request that was let through. */
export type AuthenticatedRequest = IncomingMessage & { auth: Auth };

/** Handles requests that were let through. */
export type AuthenticatedListener = (request: AuthenticatedRequest, response: ServerResponse) => unknown;

/** `Drawbridge` for `node:http`. */
export interface NodeDrawbridge extends Drawbridge {
  /**
   * Returns a function that guards request listeners: `createServer(requireSession({ audience })(listener))`.
   *
   * @throws TypeError if an option is invalid.
   */
  requireSession(
    options?: SessionOptions,
  ): (listener: AuthenticatedListener) => (request: IncomingMessage, response: ServerResponse) => void;
}

/**
 * Requires sessions of a deployment in a plain Node server.
 *
 * @throws TypeError if an option is invalid.
 */
export function createDrawbridge(options: DrawbridgeOptions): NodeDrawbridge {
  const { guard, ...drawbridge } = createClient(options);
  return {
    ...drawbridge,
    requireSession(own) {
      const authenticate = guard(own);
      return (listener) => async (request, response) => {
        const outcome = await authenticate(request);
        if (!outcome.ok) return sendRefusal(response, outcome);
        const authenticated = request as AuthenticatedRequest;
        authenticated.auth = outcome.auth;
        await listener(authenticated, response);
      };
    },
  };
}
