import { createServer } from 'node:http';

import { prove } from '../../dist/proof.js';
import { Feeds } from './feeds.js';
import { SigningKey } from './tokens.js';

/** A key of a registered frontend. */
export const KEY = `dbk_Test00000001_${'x'.repeat(49)}`;

/** The origin of that frontend. */
export const SHOP = 'https://shop.example.com';

const WEEK = 7 * 24 * 3600;

/**
 * A server that speaks the HTTP API of a deployment. `faults` says what is wrong with it; its clock differs from the
 * client's.
 */
export class Deployment {
  users = new Map();
  keys = [];
  /** How many requests each path has received. */
  counts = {};
  faults = {};
  nonces = new Set();

  static async start(time, { clockDifference = 3_600_000 } = {}) {
    const deployment = new Deployment();
    deployment.time = time;
    deployment.clockDifference = clockDifference;
    deployment.feeds = new Feeds(() => deployment.now());
    deployment.keys = [await SigningKey.generate()];
    deployment.server = createServer((request, response) => deployment.#serve(request, response));
    await new Promise((resolve) => deployment.server.listen(0, '127.0.0.1', resolve));
    deployment.origin = `http://127.0.0.1:${deployment.server.address().port}`;
    return deployment;
  }

  stop() {
    this.feeds.closeAll();
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  /** The time of verify-service's clock. */
  now() {
    return Math.floor(this.time.wall) + this.clockDifference;
  }

  get jwks() {
    return { keys: this.keys.map(({ jwk }) => jwk) };
  }

  get metadata() {
    return {
      issuer: this.origin,
      jwks_uri: `${this.origin}/.well-known/jwks.json`,
      drawbridge: {
        previous_issuers: ['https://old.example.com'],
        frontend_origin: this.origin,
        session: { audience: this.origin, typ: 'drawbridge-session+jwt' },
        access_token: { typ: 'at+jwt' },
        endpoints: { verify: '/api/verify', changes: '/api/changes' },
        change_feed: { watermark_max_age_ms: 1500 },
      },
    };
  }

  add(user) {
    this.users.set(user.id, user);
    return user;
  }

  /** Issues a session token, or a token with other claims. */
  token(user, { key = this.keys[0], typ = 'drawbridge-session+jwt', header, ...claims } = {}) {
    const seconds = Math.floor(this.time.wall / 1000);
    const own = { iss: this.origin, aud: this.origin, sub: user.id, sid: user.sessions[0] };
    return key.sign({ ...own, iat: seconds, exp: seconds + WEEK, ...claims }, typ, header);
  }

  /** Ends a session, as auth-service would: a new version of the record, announced by the feed. */
  signOut(user) {
    user.sessions = [];
    this.change(user);
  }

  change(user) {
    user.version += 1;
    this.feeds.announce(user);
  }

  async #serve(request, response) {
    this.counts[request.url] = (this.counts[request.url] ?? 0) + 1;
    let text = '';
    for await (const chunk of request) text += chunk;
    const fault = this.faults[request.url];
    if (fault === 'hang') return;
    if (fault === 'break') return void request.socket.destroy();
    if (typeof fault === 'function') return fault(request, response, text);
    if (request.url.endsWith('oauth-authorization-server')) return this.#publish(response, this.metadata);
    if (request.url.endsWith('jwks.json')) return this.#publish(response, this.jwks);
    if (request.url === '/api/verify') return this.#verify(request, response, text);
    if (request.url === '/api/changes') return this.#openFeed(request, response);
    return respond(response, 404, { code: 'not_found' });
  }

  #publish(response, document) {
    response.setHeader('cache-control', 'public, max-age=60');
    respond(response, 200, document);
  }

  async #openFeed(request, response) {
    const { 'x-drawbridge-key': key, 'x-drawbridge-proxy': proof } = request.headers;
    if (proof === undefined) {
      return key === KEY ? this.feeds.open(response, this.jwks) : respond(response, 401, { code: 'unknown_key' });
    }
    const [, , seconds, nonce] = proof.split('.');
    const headers = Object.entries(request.headers);
    const proven = { method: 'GET', target: request.url, headers, body: Buffer.of() };
    const expected = await prove({ key: KEY, seconds, nonce, client: null }, proven);
    if (request.headers['x-drawbridge-origin'] !== SHOP || key !== undefined) {
      return respond(response, 403, { code: 'origin_not_registered' });
    }
    if (proof !== expected) return respond(response, 401, { code: 'invalid_proof' });
    if (this.nonces.has(nonce)) return respond(response, 401, { code: 'proof_replayed' });
    this.nonces.add(nonce);
    return this.feeds.open(response, this.jwks);
  }

  async #verify(request, response, text) {
    const { with_record: withRecord } = JSON.parse(text);
    const token = request.headers.authorization.replace('Bearer ', '');
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    // What the record says at the time of the question.
    const body = this.#verdict(claims, withRecord);
    await this.beforeReply?.();
    respond(response, body.status ?? 200, body);
  }

  #verdict({ sub, sid, iat, exp }, withRecord) {
    const user = this.users.get(sub);
    if (user === undefined) return { status: 401, code: 'user_not_found' };
    if (user.disabled) return { status: 401, code: 'user_disabled' };
    if (!user.sessions.includes(sid)) return { status: 401, code: 'session_revoked' };
    const timestamp = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
    const session = {
      id: sid,
      created_at: timestamp(this.time.wall),
      expires_at: timestamp(this.time.wall + (this.sessionLifetime ?? 4 * WEEK * 1000)),
      token_issued_at: timestamp(iat * 1000),
      token_expires_at: timestamp(exp * 1000),
      second_factor: false,
    };
    const account = { id: sub, email: 'ada@example.com', email_verified: true, roles: ['staff'] };
    const record = withRecord && !this.isBehind ? { record: { version: user.version } } : {};
    return { success: true, authenticated: true, data: { user: account, session, ...record } };
  }
}

/** Sends a JSON response. */
export function respond(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
