import type { Duplex } from 'node:stream';

import type { VerifierStats } from '@drawbridge/core';

import type { Auth } from './auth.js';
import { Authenticator, type Outcome } from './authenticator.js';
import type { DrawbridgeOptions, Policy, SessionOptions } from './options.js';
import type { AnyRequest, NodeRequest } from './request.js';
import { refuseUpgrade } from './upgrade.js';
import { SessionWatch, type SessionEnd } from './watch.js';

/** The parts that are the same for every framework. */
export interface Drawbridge {
  /** Authenticates a request of Node or of the Fetch standard. Never rejects, unless an option is invalid. */
  authenticate(request: AnyRequest, options?: SessionOptions): Promise<Outcome>;
  /**
   * Authenticates a request to open a WebSocket. If it is refused, answers it, closes the connection and resolves to
   * `undefined`.
   */
  guardUpgrade(request: NodeRequest, socket: Duplex, options?: SessionOptions): Promise<Auth | undefined>;
  /**
   * Calls `onEnd` once when the session ends, its token expires, or the user no longer meets the requirement of the
   * request. Returns a function that stops this, to be called when the connection closes.
   */
  watchSession(auth: Auth, onEnd: (end: SessionEnd) => void): () => void;
  /**
   * Resolves when the deployment has described itself and the change feed was tried; rejects if the deployment is
   * unreachable or is another one. There is no need to wait before the first request.
   */
  ready(): Promise<void>;
  /** Ends the connections to the change feed, which otherwise keep the process running, and stops watching sessions. */
  close(): void;
  /** What the verifiers have done so far, one for each audience. */
  stats(): readonly VerifierStats[];
}

/** A `Drawbridge` with which the guards of the frameworks are made. */
export interface Client extends Drawbridge {
  /** Prepares a guard: authenticates requests with these settings. */
  guard(options?: SessionOptions): (request: AnyRequest) => Promise<Outcome>;
}

/**
 * Creates the parts that are the same for every framework.
 *
 * @throws TypeError if an option is invalid.
 */
export function createClient(options: DrawbridgeOptions): Client {
  const authenticator = new Authenticator(options);
  const watch = new SessionWatch();
  authenticator.onChange((user) => watch.onChange(user));
  // Report invalid options now if there are defaults for all requests.
  if (options.audience !== undefined || options.cookie === true) authenticator.policy();
  const authenticate = (request: AnyRequest, policy: Policy): Promise<Outcome> =>
    authenticator.authenticate(request, policy);
  return {
    authenticate: async (request, own) => authenticate(request, authenticator.policy(own)),
    guard(own) {
      const policy = authenticator.policy(own);
      return (request) => authenticate(request, policy);
    },
    guardUpgrade: async (request, socket, own) =>
      guardUpgrade(socket, authenticator.authenticate(request, authenticator.policy(own), true)),
    watchSession: (auth, onEnd) => watch.add(auth, onEnd),
    ready: () => authenticator.ready(),
    close() {
      authenticator.close();
      watch.close();
    },
    stats: () => authenticator.stats(),
  };
}

async function guardUpgrade(socket: Duplex, authentication: Promise<Outcome>): Promise<Auth | undefined> {
  // Nothing else handles errors of the socket in the meantime, and they would end the process.
  const destroy = (): void => void socket.destroy();
  socket.on('error', destroy);
  const outcome = await authentication;
  if (!outcome.ok) {
    refuseUpgrade(socket, outcome);
    return undefined;
  }
  socket.off('error', destroy);
  return socket.destroyed ? undefined : outcome.auth;
}
