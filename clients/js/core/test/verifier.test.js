import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createVerifier } from '@drawbridge/core';

import { Case } from './support/case.js';
import { KEY, respond } from './support/deployment.js';
import { until } from './support/time.js';

test('without the feed, every token is verified by the deployment', async (context) => {
  const it = await Case.start(context);

  assert.equal(await it.outcome(), 'ok');
  it.deployment.signOut(it.user);
  assert.equal(await it.outcome(), 'session_revoked');

  assert.equal(it.questions, 2);
  assert.equal(it.verifier.stats().feed, 'off');
});

test('refusals have the codes and statuses of the deployment', async (context) => {
  const it = await Case.start(context);
  const verify = () => it.verifier.verify(it.token);

  assert.deepEqual(await it.verifier.verify(''), { ok: false, code: 'missing_token', status: 403 });
  assert.deepEqual(await it.verifier.verify(undefined), { ok: false, code: 'missing_token', status: 403 });
  const expired = await it.deployment.token(it.user, { exp: Math.floor(it.time.wall / 1000) });
  assert.deepEqual(await it.verifier.verify(expired), { ok: false, code: 'expired_token', status: 403 });
  assert.equal(it.questions, 0);
  assert.deepEqual(await it.verifier.verify('x.y.z'), { ok: false, code: 'invalid_token', status: 403 });
  it.user.disabled = true;
  assert.deepEqual(await verify(), { ok: false, code: 'user_disabled', status: 401 });
  it.user.disabled = false;
  it.user.sessions = [];
  assert.deepEqual(await verify(), { ok: false, code: 'session_revoked', status: 401 });
  it.deployment.users.clear();
  assert.deepEqual(await verify(), { ok: false, code: 'user_not_found', status: 401 });
});

test('concurrent verifications of a token ask once, and a later one asks again', async (context) => {
  const it = await Case.start(context);
  const answers = [];
  it.deployment.beforeReply = () => new Promise((resolve) => answers.push(resolve));

  const first = [it.outcome(), it.outcome(), it.outcome()];
  await until(() => answers.length === 1);
  it.deployment.signOut(it.user);
  it.time.advance(999);
  first.push(it.outcome());
  it.time.advance(1);
  const later = it.outcome();
  await until(() => answers.length === 2, 'a question that is a second old is not joined');
  for (const answer of answers) answer();

  assert.deepEqual(await Promise.all(first), ['ok', 'ok', 'ok', 'ok']);
  assert.equal(await later, 'session_revoked');
  assert.equal(it.questions, 2);
});

test('staleMax limits how long an answer is used again', async (context) => {
  const it = await Case.start(context, { staleMax: 2_000 });
  assert.equal(await it.outcome(), 'ok');
  it.user.sessions = [];

  it.time.advance(1_999);
  assert.equal(await it.outcome(), 'ok');
  it.time.advance(1);
  assert.equal(await it.outcome(), 'session_revoked');
  assert.equal(it.questions, 2);
});

test('staleMax includes the time for which the process was suspended', async (context) => {
  const it = await Case.start(context, { staleMax: 2_000 });
  assert.equal(await it.outcome(), 'ok');
  it.user.sessions = [];

  it.time.setWallClock(2_000);

  assert.equal(await it.outcome(), 'session_revoked');
});

test('a refusal is never used again', async (context) => {
  const it = await Case.start(context, { staleMax: 60_000 });
  it.user.disabled = true;
  assert.equal(await it.outcome(), 'user_disabled');

  it.user.disabled = false;

  assert.equal(await it.outcome(), 'ok');
});

for (const [fault, handle] of [
  ['a broken connection', 'break'],
  ['status 500', (_, response) => respond(response, 500, { code: 'internal' })],
  ['status 404', (_, response) => respond(response, 404, { code: 'not_found' })],
  ['another refusal', (_, response) => respond(response, 401, { code: 'proof_required' })],
  ['a page', (_, response) => response.end('<p>hello</p>')],
  ['half an answer', (_, response) => respond(response, 200, { data: { user: { id: 'x' } } })],
  ['a redirect', (_, response) => respond(response, 302, {}, { location: '/api/verify?again' })],
  ['an endless body', (_, response) => respond(response, 401, { code: 'session_revoked', note: 'x'.repeat(300_000) })],
]) {
  test(`${fault} is an outage and not a refusal`, async (context) => {
    const it = await Case.start(context);
    it.deployment.faults['/api/verify'] = handle;

    const verdict = await it.verifier.verify(it.token);

    assert.equal(verdict.code, 'unavailable');
    assert.equal(verdict.status, 503);
    assert.equal(verdict.retryAfter, 2);
    assert.notEqual(verdict.detail, '');
    delete it.deployment.faults['/api/verify'];
    assert.equal(await it.outcome(), 'ok');
  });
}

test('an outage keeps the Retry-After of the deployment', async (context) => {
  const it = await Case.start(context);
  const handle = (_, response) => respond(response, 503, { code: 'unavailable' }, { 'retry-after': '7' });
  it.deployment.faults['/api/verify'] = handle;

  const { code, retryAfter } = await it.verifier.verify(it.token);

  assert.deepEqual({ code, retryAfter }, { code: 'unavailable', retryAfter: 7 });
});

test('a deployment that does not answer is an outage after five seconds', async (context) => {
  const it = await Case.start(context);
  it.deployment.faults['/api/verify'] = 'hang';
  const verdict = it.outcome();
  await until(() => it.questions === 1);

  it.time.advance(5_000);

  assert.equal(await verdict, 'unavailable');
});

test('a connection that breaks once is tried again', async (context) => {
  const it = await Case.start(context);
  it.deployment.faults['/api/verify'] = (request) => {
    delete it.deployment.faults['/api/verify'];
    request.socket.destroy();
  };

  assert.equal(await it.outcome(), 'ok');
  assert.equal(it.questions, 2);
});

test('a deployment that is unreachable from the start is an outage', async (context) => {
  const it = await Case.start(context);
  it.deployment.faults['/.well-known/oauth-authorization-server'] = 'break';

  assert.equal(await it.outcome(), 'unavailable');
  await assert.rejects(it.verifier.ready(), /fetch failed/);

  delete it.deployment.faults['/.well-known/oauth-authorization-server'];
  it.time.advance(1_000);
  assert.equal(await it.outcome(), 'ok');
});

test('without the published keys, the deployment decides', async (context) => {
  const it = await Case.start(context);
  it.deployment.faults['/.well-known/jwks.json'] = 'break';

  assert.equal(await it.outcome(), 'ok');
  it.deployment.signOut(it.user);
  assert.equal(await it.outcome(), 'session_revoked');
});

test('the user and the session cannot be changed by the caller', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  const verdict = await it.verifier.verify(it.token);

  assert.throws(() => verdict.user.roles.push('admin'), TypeError);
  assert.throws(() => Object.assign(verdict.user, { id: 'x' }), TypeError);
  assert.throws(() => Object.assign(verdict.session, { id: 'x' }), TypeError);
  assert.throws(() => Object.assign(verdict, { ok: false }), TypeError);
});

for (const [reason, options] of [
  ['plain http', { url: 'http://app.example.com' }],
  ['a path', { url: 'https://app.example.com/auth' }],
  ['no key', { key: '' }],
  ['a key with a line feed', { key: `${KEY}\n` }],
  ['two audiences', { audience: 'orders', sessionAudience: 'shop' }],
  ['an empty audience', { audience: '' }],
  ['a feed without a key', { feed: true }],
  ['a negative staleMax', { staleMax: -1 }],
  ['half a session', { memory: 0.5 }],
]) {
  test(`createVerifier refuses ${reason}`, () => {
    assert.throws(() => createVerifier({ url: 'https://app.example.com', ...options }), TypeError);
  });
}

test('a question from before a suspension is not shared after it', async (context) => {
  const it = await Case.start(context);
  await it.verifier.ready();
  let reply;
  const isHeld = new Promise((resolve) => {
    it.deployment.beforeReply = () => {
      resolve();
      return new Promise((end) => {
        reply = end;
      });
    };
  });
  const before = it.verifier.verify(it.token);
  await isHeld;

  it.deployment.beforeReply = undefined;
  it.time.setWallClock(60_000);
  it.deployment.signOut(it.user);

  const after = await it.verifier.verify(it.token);
  assert.equal(after.code, 'session_revoked');
  reply();
  assert.equal((await before).ok, true);
});
