import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { until } from './until.js';

const BUILT = new URL('../../../../../target/debug/drawbridge', import.meta.url);
const PROGRAM = process.env.DRAWBRIDGE ?? fileURLToPath(BUILT);
const PASSWORD = 'correct horse battery staple';

/** The origin of the registered frontend. */
const SHOP = 'http://localhost:3999';

/** A real deployment: `drawbridge up` with a registered frontend. */
export class Deployment {
  #output = '';

  static async start() {
    const deployment = new Deployment();
    deployment.folder = await mkdtemp(join(tmpdir(), 'drawbridge-node-'));
    deployment.port = await freePorts(3);
    await deployment.#up();
    const audiences = ['--audience', 'orders', '--audience', 'other'];
    deployment.key = await deployment.command('frontend', 'add', 'shop', '--origin', SHOP, ...audiences);
    return deployment;
  }

  get origin() {
    return `http://localhost:${this.port}`;
  }

  get settings() {
    return { url: this.origin, key: this.key };
  }

  async #up() {
    const options = ['up', '--port', String(this.port), '--data', join(this.folder, 'data')];
    const env = { ...process.env, BCRYPT_COST: '10' };
    this.#output = '';
    this.process = spawn(PROGRAM, options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
    stopWithThisProcess(this.process);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (chunk) => (this.#output += chunk));
    }
    await until(() => this.#output.includes('Stop with Ctrl-C'), () => `the deployment starts: ${this.#output}`);
  }

  /** Ends the program, so that nothing can be verified. */
  async interrupt() {
    this.process.kill('SIGTERM');
    await this.ended;
  }

  /** Starts the program again, with the same data. */
  resume() {
    return this.#up();
  }

  async stop() {
    await this.interrupt();
    await rm(this.folder, { recursive: true });
  }

  /** Runs a command of `drawbridge`, and returns what it prints. */
  async command(...options) {
    const all = [...options, '--data', join(this.folder, 'data')];
    const { stdout } = await promisify(execFile)(PROGRAM, all, { env: process.env });
    return stdout.trim();
  }

  /** Sends a request to auth-service as the frontend's server. */
  async call(path, { body, session, form } = {}) {
    const headers = { 'x-drawbridge-key': this.key, 'x-drawbridge-origin': SHOP };
    if (session !== undefined) headers.authorization = `Bearer ${session}`;
    if (form === undefined) headers['content-type'] = 'application/json';
    const sent = form === undefined ? JSON.stringify(body ?? {}) : new URLSearchParams(form);
    const response = await fetch(`http://127.0.0.1:${this.port + 1}${path}`, { method: 'POST', headers, body: sent });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Creates an account. */
  async register(email) {
    await this.call('/api/register', { body: { email, password: PASSWORD } });
  }

  /** Signs a user in, and returns the session token. */
  async signIn(email) {
    const { token } = await this.call('/api/login', { body: { email, password: PASSWORD } });
    return token;
  }

  /** Signs a user in, and returns the session token and an access token. */
  async signInFor(email, audience = 'orders') {
    const session = await this.signIn(email);
    return { session, access: await this.exchange(session, audience) };
  }

  /** Exchanges a session token for an access token. */
  async exchange(session, audience = 'orders') {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: session,
      audience,
    };
    return (await this.call('/api/token', { session, form })).access_token;
  }

  async signOut(session) {
    await this.call('/api/logout', { session });
  }

  /** Sets up an authenticator app, and proves a second factor in this session. */
  async proveSecondFactor(session) {
    const { data } = await this.call('/api/totp/begin', { session });
    const added = await this.call('/api/totp/confirm', { session, body: { code: totp(data.secret) } });
    const [code] = added.data.recovery_codes;
    await this.call('/api/confirm', { session, body: { password: PASSWORD, code } });
  }
}

/** Ends a program even if the test runner ends this process because a test takes too long. */
function stopWithThisProcess(child) {
  const stop = () => child.kill();
  const exit = () => process.exit(1);
  process.once('exit', stop).once('SIGTERM', exit);
  child.once('exit', () => process.off('exit', stop).off('SIGTERM', exit));
}

/** The first of several successive ports that are free on this machine. */
async function freePorts(count) {
  for (;;) {
    const first = await listenOnce(0);
    const others = Array.from({ length: count - 1 }, (_, index) => first + index + 1);
    const free = await Promise.all(others.map((port) => listenOnce(port).catch(() => undefined)));
    if (free.every((port) => port !== undefined)) return first;
  }
}

function listenOnce(port) {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const used = server.address().port;
      server.close(() => resolve(used));
    });
  });
}

/** The current code of an authenticator app (RFC 6238). */
function totp(secret) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(/[ =]/g, '')].map((digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0'));
  const bytes = bits.join('').match(/.{8}/g).map((byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const offset = hash[19] & 15;
  return String((hash.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
