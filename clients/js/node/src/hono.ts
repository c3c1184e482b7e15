import type { MiddlewareHandler } from 'hono';

import type { Auth } from './auth.js';
import { createClient, type Drawbridge } from './client.js';
import type { DrawbridgeOptions, SessionOptions } from './options.js';
import { toResponse } from './refusal.js';

export type { Auth, Drawbridge, DrawbridgeOptions, SessionOptions };

/** What `requireSession` adds to the context of Hono. */
export interface AuthVariables {
  /** Who has sent the request. */
  auth: Auth;
}

/** `Drawbridge` for Hono. */
export interface HonoDrawbridge extends Drawbridge {
  /**
   * Returns middleware that lets only signed-in users through, and sets `auth` in the context.
   *
   * @throws TypeError if an option is invalid.
   */
  requireSession(options?: SessionOptions): MiddlewareHandler<{ Variables: AuthVariables }>;
}

/**
 * Requires sessions of a deployment in a Hono application.
 *
 * @throws TypeError if an option is invalid.
 */
export function createDrawbridge(options: DrawbridgeOptions): HonoDrawbridge {
  const { guard, ...drawbridge } = createClient(options);
  return {
    ...drawbridge,
    requireSession(own) {
      const authenticate = guard(own);
      return async (context, next) => {
        const outcome = await authenticate(context.req.raw);
        if (!outcome.ok) return toResponse(outcome);
        context.set('auth', outcome.auth);
        await next();
        return undefined;
      };
    },
  };
}
