import type { ServerResponse } from 'node:http';

import type { Auth } from './auth.js';
import { createClient, type Drawbridge } from './client.js';
import type { DrawbridgeOptions, SessionOptions } from './options.js';
import type { NodeRequest } from './request.js';
import { sendRefusal } from './send.js';

export type { Auth, Drawbridge, DrawbridgeOptions, SessionOptions };

declare global {
  // The types of Express declare its request in this namespace.
  namespace Express {
    interface Request {
      /** Who has sent the request; present behind `requireSession` only. */
      auth: Auth;
    }
  }
}

/** Middleware of Express 4 and 5. */
export type ExpressMiddleware = (
  request: NodeRequest & { auth: Auth },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** `Drawbridge` for Express. */
export interface ExpressDrawbridge extends Drawbridge {
  /**
   * Returns middleware that lets only signed-in users through, and sets `request.auth`.
   *
   * @throws TypeError if an option is invalid.
   */
  requireSession(options?: SessionOptions): ExpressMiddleware;
}

/**
 * Requires sessions of a deployment in an Express application.
 *
 * @throws TypeError if an option is invalid.
 */
export function createDrawbridge(options: DrawbridgeOptions): ExpressDrawbridge {
  const { guard, ...drawbridge } = createClient(options);
  return {
    ...drawbridge,
    requireSession(own) {
      const authenticate = guard(own);
      return (request, response, next) => {
        authenticate(request).then((outcome) => {
          if (!outcome.ok) return sendRefusal(response, outcome);
          request.auth = outcome.auth;
          next();
        }, next);
      };
    },
  };
}
