import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Case } from './support/case.js';
import { KEY, respond } from './support/deployment.js';
import { until } from './support/time.js';

/** Half a second passes, in which the network delivers what it still delivers. */
async function passWithoutWatermark(it, ms = 500) {
  it.time.advance(ms);
  it.deployment.feeds.flush();
  await it.settle();
}

/** Signs the user out during a failure, and measures for how long they are still accepted. */
async function acceptedFor(it, pass) {
  it.deployment.signOut(it.user);
  await it.settle();
  let ms = 0;
  while ((await it.outcome()) === 'ok') {
    await pass(250);
    ms += 250;
    assert.ok(ms < 60_000, 'the user is accepted for ever');
  }
  return ms;
}

test('a frozen feed is trusted for 1.5 seconds at most, and heals by itself', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();
  it.deployment.feeds.isFrozen = true;

  const ms = await acceptedFor(it, (step) => passWithoutWatermark(it, step));
  assert.ok(ms >= 1_000 && ms <= 1_500, `${ms} ms`);

  await passWithoutWatermark(it, 5_000);
  await until(() => it.deployment.feeds.connected.length === 0, 'the connection was given up');
  it.deployment.feeds.isFrozen = false;
  it.time.advance(200);
  await until(() => it.deployment.feeds.all.length === 2, 'the verifier has connected again');
  await it.becomeCurrent();
});

test('a feed that is cut connects again and remembers again', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();
  it.deployment.feeds.newest.response.destroy();
  await until(() => it.verifier.stats().feedError !== undefined, 'the verifier has noticed');

  const ms = await acceptedFor(it, (step) => passWithoutWatermark(it, step));
  assert.ok(ms <= 1_500, `${ms} ms`);

  await it.becomeCurrent();
  await it.pass(2_500);
  await it.signInAgain();
  const { questions } = it;
  assert.deepEqual([await it.outcome(), await it.outcome()], ['ok', 'ok']);
  assert.equal(it.questions, questions + 1);
});

test('a change during an interruption is noticed after it', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();
  it.deployment.feeds.newest.response.destroy();
  await until(() => it.verifier.stats().feedError !== undefined, 'the verifier has noticed');
  it.deployment.signOut(it.user);

  it.time.advance(200);
  await it.becomeCurrent();

  assert.equal(await it.outcome(), 'session_revoked');
});

for (const delay of [3_000, 10_000]) {
  test(`a proxy that buffers the feed for ${delay / 1000} seconds makes nothing look fresh`, async (context) => {
    const it = await Case.startFollowing(context);
    await it.outcome();
    it.deployment.feeds.delay = delay;

    const ms = await acceptedFor(it, (step) => it.pass(step));
    assert.ok(ms <= 1_500, `${ms} ms`);

    await it.signInAgain();
    for (let second = 0; second < 30; second += 1) {
      await it.pass(1_000);
      assert.equal(it.verifier.stats().feed, 'not_current');
      assert.equal(await it.outcome(), 'ok', 'the deployment is asked');
    }
    it.deployment.feeds.delay = 0;
    await it.heals();
  });
}

test('a process that was suspended for 60 seconds trusts nothing until a new watermark', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();
  it.deployment.feeds.isFrozen = true;
  it.deployment.feeds.raiseWatermark();

  it.time.setWallClock(60_000);
  it.deployment.signOut(it.user);
  assert.equal(await it.outcome(), 'session_revoked');

  // The watermark from before the suspension arrives now.
  it.deployment.feeds.isFrozen = false;
  await it.arrives(() => it.deployment.feeds.flush());
  assert.equal(it.verifier.stats().feed, 'not_current');
  await it.pass(500);
  assert.equal(it.verifier.stats().feed, 'current', 'on the same connection');
  assert.equal(it.deployment.feeds.all.length, 1);
});

test('a monotonic clock that stops and a wall clock that is set back are both survived', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  it.time.setWallClock(-30_000);
  it.deployment.clockDifference += 30_000;
  it.deployment.feeds.isFrozen = true;
  assert.ok((await acceptedFor(it, (step) => passWithoutWatermark(it, step))) <= 1_500);
});

test('a server clock that jumps ahead makes the verifier connect again', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  it.deployment.clockDifference += 10_000;
  await it.arrives(() => it.deployment.feeds.raiseWatermark());

  assert.equal(it.verifier.stats().feed, 'not_current');
  assert.equal(it.verifier.stats().feedError, 'a clock was changed');
  for (let ms = 0; ms < 12_000; ms += 250) {
    it.time.setWallClock(250);
    assert.equal(it.verifier.stats().feed, 'not_current', `${ms} ms later`);
  }
  it.time.advance(200);
  await until(() => it.deployment.feeds.all.length === 2, 'the verifier has connected again');
  await it.becomeCurrent();
});

test('a black hole is given up after five seconds', async (context) => {
  const it = await Case.start(context, { key: KEY });
  it.deployment.faults['/api/changes'] = 'hang';
  void it.verifier.ready();
  await until(() => it.deployment.counts['/api/changes'] === 1);

  await passWithoutWatermark(it, 4_500);
  assert.equal(it.verifier.stats().feedError, undefined);
  await passWithoutWatermark(it, 1_000);
  await until(() => it.verifier.stats().feedError !== undefined, 'the connection was given up');

  assert.match(it.verifier.stats().feedError, /no current watermark for 5 s/);
  assert.equal(await it.outcome(), 'ok', 'the deployment is asked');
});

test('events of a previous connection are ignored, even if it stays open', async (context) => {
  const it = await Case.startFollowing(context, { ignoresAbort: true });
  const previous = it.deployment.feeds.newest;
  const { id } = it.user;
  await passWithoutWatermark(it, 7_000);
  it.time.advance(200);
  await until(() => it.deployment.feeds.all.length === 2, 'the verifier has connected again');

  const now = it.deployment.now();
  it.deployment.feeds.send(previous, 'user', { id, version: 99 });
  it.deployment.feeds.send(previous, 'watermark', { time: now, delivered_until: now });
  await it.settle();
  assert.equal(it.verifier.stats().feed, 'not_current');

  it.deployment.feeds.send(it.deployment.feeds.newest, 'watermark', { time: now, delivered_until: now });
  await until(() => it.verifier.stats().feed === 'current', 'the new connection counts');
});

test('the pauses between attempts double up to five seconds', async (context) => {
  const it = await Case.start(context, { key: KEY });
  it.deployment.faults['/api/changes'] = (_, response) => respond(response, 503, { code: 'unavailable' });
  void it.verifier.ready();

  assert.deepEqual(await pauses(it, 7), [150, 300, 600, 1_200, 2_400, 3_750, 3_750]);
  assert.match(it.verifier.stats().feedError, /503 \(unavailable\)/);
});

test('after a current watermark, the pauses are short again', async (context) => {
  const it = await Case.start(context, { key: KEY });
  it.deployment.faults['/api/changes'] = (_, response) => respond(response, 503, { code: 'unavailable' });
  void it.verifier.ready();
  await pauses(it, 5);
  delete it.deployment.faults['/api/changes'];
  await it.heals();

  it.deployment.feeds.newest.response.destroy();

  await until(() => it.time.timers.includes(150), 'the first pause');
});

test('a removed key is tried again at most once a minute, and the deployment is asked meanwhile', async (context) => {
  const it = await Case.start(context, { key: KEY });
  it.deployment.faults['/api/changes'] = (_, response) => respond(response, 401, { code: 'unknown_key' });
  await it.verifier.ready();

  assert.deepEqual((await pauses(it, 11)).slice(-3), [38_400, 45_000, 45_000]);
  assert.match(it.verifier.stats().feedError, /401 \(unknown_key\)/);
  assert.equal(await it.outcome(), 'ok');

  delete it.deployment.faults['/api/changes'];
  it.time.advance(60_000);
  await it.becomeCurrent();
});

/** The lengths of the pauses between attempts to connect. */
async function pauses(it, count) {
  const lengths = [];
  while (lengths.length < count) {
    await until(() => it.deployment.counts['/api/changes'] === lengths.length + 1);
    await until(() => it.time.timers.length === 1 && !it.time.timers.includes(500), 'the verifier pauses');
    lengths.push(it.time.timers[0]);
    it.time.advance(it.time.timers[0]);
  }
  return lengths;
}

for (const [fault, body, message] of [
  ['a page', { type: 'text/html', text: '<p>hello</p>' }, /not an event stream/],
  ['no reset', { text: 'event: watermark\ndata: {"time":1,"delivered_until":1}\n\n' }, /begin with a reset/],
  ['a malformed event', { text: 'event: reset\ndata: {}\n\n' }, /no time/],
  ['endless data', { text: `data: ${'x'.repeat(70_000)}` }, /more than 65536 characters/],
]) {
  test(`a feed with ${fault} is not trusted`, async (context) => {
    const it = await Case.start(context, { key: KEY });
    it.deployment.faults['/api/changes'] = (_, response) => {
      response.writeHead(200, { 'content-type': body.type ?? 'text/event-stream' });
      response.write(body.text);
    };

    await it.verifier.ready();

    assert.match(it.verifier.stats().feedError, message);
    assert.equal(await it.outcome(), 'ok', 'the deployment is asked');
  });
}
