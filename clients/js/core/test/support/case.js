import { randomUUID } from 'node:crypto';

import { createVerifier } from '@drawbridge/core';

import { Deployment, KEY } from './deployment.js';
import { TestTime, turn, until } from './time.js';
import { newUser } from './tokens.js';

/** A deployment with a user, and a verifier, whose clocks a test moves. */
export class Case {
  #arrived = 0;

  /** Starts both, and stops them after the test. */
  static async start(context, options = {}) {
    const test = new Case();
    test.time = new TestTime();
    test.deployment = await Deployment.start(test.time);
    test.user = test.deployment.add(newUser());
    test.token = await test.deployment.token(test.user);
    test.verifier = test.createVerifier(options);
    context.after(async () => {
      test.verifier.close();
      await test.deployment.stop();
    });
    return test;
  }

  /** Starts a verifier that follows the feed, long enough for it to remember answers. */
  static async startFollowing(context, options = {}) {
    const test = await Case.start(context, { key: KEY, ...options });
    await test.becomeCurrent();
    await test.pass(2_500);
    return test;
  }

  createVerifier(options) {
    const { ignoresAbort, ...own } = options;
    const fetch = (url, init) => this.#fetch(url, ignoresAbort ? { ...init, signal: null } : init);
    return createVerifier({ url: this.deployment.origin, fetch, environment: this.time.environment, ...own });
  }

  /** The real `fetch`, which counts the chunks of event streams that have arrived. */
  async #fetch(url, init) {
    const response = await fetch(url, init);
    if (!url.endsWith('/api/changes') || response.status !== 200) return response;
    const count = new TransformStream({
      transform: (chunk, controller) => {
        this.#arrived += Buffer.from(chunk).toString().split('\n\n').length - 1;
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(count), { headers: response.headers });
  }

  /** Waits until the verifier has read one more event, which `send` sends. */
  async arrives(send) {
    const before = this.#arrived;
    send();
    await until(() => this.#arrived > before, `this has arrived: ${send}`);
    await this.settle();
  }

  /** Lets the verifier read what has arrived. */
  async settle() {
    for (let index = 0; index < 10; index += 1) await turn();
  }

  /** Connects the feed and waits for the first current watermark. */
  async becomeCurrent() {
    const { deployment, verifier } = this;
    const before = deployment.feeds.all.length;
    void verifier.ready();
    if (deployment.feeds.connected.length === 0) {
      await until(() => deployment.feeds.all.length > before, 'the verifier has connected');
    }
    await this.arrives(() => deployment.feeds.raiseWatermark());
    await until(() => verifier.stats().feed === 'current', 'the feed is current');
  }

  /** Lets time pass, with a watermark twice a second. */
  async pass(ms) {
    for (let passed = 0; passed < ms; passed += 500) {
      this.time.advance(Math.min(500, ms - passed));
      this.deployment.feeds.raiseWatermark();
      this.deployment.feeds.flush();
      await this.settle();
    }
  }

  /** Lets time pass until the feed is current again. */
  async heals() {
    for (let passed = 0; this.verifier.stats().feed !== 'current'; passed += 500) {
      if (passed > 30_000) throw new Error('the feed does not heal');
      await this.pass(500);
    }
  }

  /** The user signs in again, and has another token. */
  async signInAgain() {
    this.user.sessions = [randomUUID()];
    this.deployment.change(this.user);
    this.token = await this.deployment.token(this.user);
    await this.settle();
  }

  /** How many questions the deployment has received. */
  get questions() {
    return this.deployment.counts['/api/verify'] ?? 0;
  }

  /** Verifies the token and returns `ok` or the code. */
  async outcome(token = this.token) {
    const verdict = await this.verifier.verify(token);
    return verdict.ok ? 'ok' : verdict.code;
  }
}
