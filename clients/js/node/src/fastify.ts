import type {} from 'fastify';

import type { Auth } from './auth.js';
import { createClient, type Drawbridge } from './client.js';
import type { DrawbridgeOptions, SessionOptions } from './options.js';
import type { NodeRequest } from './request.js';

export type { Auth, Drawbridge, DrawbridgeOptions, SessionOptions };

declare module 'fastify' {
  interface FastifyRequest {
    /** Who has sent the request; present behind `requireSession` only. */
    auth: Auth;
  }
}

/** What the hook needs of a reply. */
export interface ReplyLike {
  code(status: number): unknown;
  headers(headers: Record<string, string>): unknown;
  send(body: string): unknown;
}

/** A hook of Fastify 5, for `onRequest` or `preHandler`. */
export type FastifyHook = (request: { readonly raw: NodeRequest; auth: Auth }, reply: ReplyLike) => Promise<unknown>;

/** `Drawbridge` for Fastify. */
export interface FastifyDrawbridge extends Drawbridge {
  /**
   * Returns a hook that lets only signed-in users through, and sets `request.auth`. Use it for `onRequest`, so that
   * bodies of refused requests are not read.
   *
   * @throws TypeError if an option is invalid.
   */
  requireSession(options?: SessionOptions): FastifyHook;
}

/**
 * Requires sessions of a deployment in a Fastify application.
 *
 * @throws TypeError if an option is invalid.
 */
export function createDrawbridge(options: DrawbridgeOptions): FastifyDrawbridge {
  const { guard, ...drawbridge } = createClient(options);
  return {
    ...drawbridge,
    requireSession(own) {
      const authenticate = guard(own);
      return async (request, reply) => {
        const outcome = await authenticate(request.raw);
        if (outcome.ok) {
          request.auth = outcome.auth;
          return undefined;
        }
        reply.code(outcome.status);
        reply.headers(outcome.headers);
        return reply.send(outcome.body);
      };
    },
  };
}
