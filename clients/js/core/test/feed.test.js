import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Case } from './support/case.js';
import { KEY, SHOP } from './support/deployment.js';
import { until } from './support/time.js';

test('a session is remembered while the feed is current', async (context) => {
  const it = await Case.startFollowing(context);

  const first = await it.verifier.verify(it.token);
  const second = await it.verifier.verify(it.token);

  assert.deepEqual(first, second);
  assert.equal(first.user.email, 'ada@example.com');
  assert.equal(first.session.id, it.user.sessions[0]);
  assert.equal(it.questions, 1);
});

test('a session that ends is refused as soon as the feed says so', async (context) => {
  const it = await Case.startFollowing(context);
  assert.equal(await it.outcome(), 'ok');

  await it.arrives(() => it.deployment.signOut(it.user));

  assert.equal(await it.outcome(), 'session_revoked');
});

test('listeners learn of each announced user, until they are removed', async (context) => {
  const it = await Case.startFollowing(context);
  const users = [];
  const remove = it.verifier.onChange((user) => users.push(user));

  await it.arrives(() => it.deployment.change(it.user));
  remove();
  await it.arrives(() => it.deployment.change(it.user));

  assert.deepEqual(users, [it.user.id]);
});

test('with an origin, the verifier proves that it has the key, each time with another proof', async (context) => {
  const it = await Case.startFollowing(context, { origin: SHOP });
  it.deployment.feeds.newest.response.destroy();
  await until(() => it.verifier.stats().feed !== 'current' || it.verifier.stats().feedError !== undefined);
  it.time.advance(200);

  await it.becomeCurrent();

  assert.equal(it.deployment.nonces.size, 2);
});

test('a key that is unknown does not open the feed', async (context) => {
  const it = await Case.start(context, { key: `dbk_Test00000001_${'y'.repeat(49)}` });

  await it.verifier.ready();

  assert.match(it.verifier.stats().feedError, /401 \(unknown_key\)/);
});

test('an announced version that is known already changes nothing', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  await it.arrives(() => it.deployment.feeds.announce(it.user));

  assert.equal(await it.outcome(), 'ok');
  assert.equal(it.questions, 1);
});

test('another token of a remembered session is accepted with its own times', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();
  const iat = 1_800_000_000;
  const renewed = await it.deployment.token(it.user, { iat });

  const { session } = await it.verifier.verify(renewed);

  assert.equal(session.token_issued_at, '2027-01-15T08:00:00Z');
  assert.equal(it.questions, 1);
});

test('nothing is remembered in the first two seconds of a connection', async (context) => {
  const it = await Case.start(context, { key: KEY });
  await it.becomeCurrent();
  await it.pass(1_500);

  await it.outcome();
  await it.outcome();
  assert.equal(it.questions, 2);

  await it.pass(500);
  await it.outcome();
  await it.outcome();
  assert.equal(it.questions, 3);
});

test('an answer without a record is not remembered', async (context) => {
  const it = await Case.startFollowing(context);
  it.deployment.isBehind = true;

  await it.outcome();
  await it.outcome();

  assert.equal(it.questions, 2);
});

test('an answer is not remembered if its user changes during the question', async (context) => {
  const it = await Case.startFollowing(context);
  it.deployment.beforeReply = () => it.arrives(() => it.deployment.signOut(it.user));

  assert.equal(await it.outcome(), 'ok', 'the question was asked before the sign-out');

  it.deployment.beforeReply = undefined;
  assert.equal(await it.outcome(), 'session_revoked');
});

test('an answer is not remembered if its user changed just before the question', async (context) => {
  const it = await Case.startFollowing(context);
  const { id, version } = it.user;
  await it.arrives(() => it.deployment.feeds.announce({ id, version: version + 1 }));

  await it.outcome();
  await it.outcome();
  assert.equal(it.questions, 2, 'the deployment still answers from the previous version');

  it.user.version += 1;
  await it.outcome();
  await it.outcome();
  assert.equal(it.questions, 3);
});

test('an answer is not remembered if a reset arrives during the question', async (context) => {
  const it = await Case.startFollowing(context);
  it.deployment.beforeReply = () =>
    it.arrives(() => {
      it.deployment.feeds.sendToAll('reset', { time: it.deployment.now() });
      it.deployment.feeds.raiseWatermark();
    });
  await it.outcome();
  it.deployment.beforeReply = undefined;

  await it.outcome();

  assert.equal(it.questions, 2);
});

test('a reset forgets every session', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  await it.arrives(() => it.deployment.feeds.sendToAll('reset', { time: it.deployment.now() }));
  assert.equal(it.verifier.stats().sessions, 0);
  assert.equal(it.verifier.stats().feed, 'not_current', 'until the next watermark');

  await it.pass(500);
  await it.outcome();
  assert.equal(it.questions, 2);
});

test('a reset in the middle of a connection does not change how its clocks compare', async (context) => {
  const it = await Case.startFollowing(context);
  await it.pass(60_000);

  await it.arrives(() => it.deployment.feeds.sendToAll('reset', { time: it.deployment.now() }));
  await it.arrives(() => it.deployment.feeds.raiseWatermark());

  assert.equal(it.verifier.stats().feed, 'current');
});

test('a session that has ended by itself is not accepted from memory', async (context) => {
  const it = await Case.startFollowing(context);
  it.deployment.sessionLifetime = 1_000;
  await it.outcome();
  await it.outcome();
  assert.equal(it.questions, 1);

  await it.pass(1_000);
  await it.outcome();

  assert.equal(it.questions, 2);
});

test('the keys of the feed replace the published keys', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();
  const [previous] = it.deployment.keys;
  it.deployment.keys = [await previous.constructor.generate('ES256')];
  const next = await it.deployment.token(it.user);

  await it.arrives(() => it.deployment.feeds.sendToAll('keys', it.deployment.jwks));

  assert.equal(await it.outcome(), 'invalid_token', 'the key was removed');
  assert.equal(await it.outcome(next), 'ok');
  assert.equal(it.questions, 1, 'the session is still known');
});

test('close ends the connection, and verification continues', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  it.verifier.close();

  await until(() => it.deployment.feeds.connected.length === 0, 'the connection is closed');
  it.time.advance(60_000);
  assert.equal(await it.outcome(), 'ok');
  assert.equal(it.deployment.feeds.all.length, 1);
  await until(() => it.time.timers.length === 0, 'no timer is left');
});
