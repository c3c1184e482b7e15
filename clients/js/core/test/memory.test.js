import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Announcements } from '../dist/announcements.js';
import { LruMap } from '../dist/lru.js';
import { Memory } from '../dist/memory.js';
import { Case } from './support/case.js';
import { newUser } from './support/tokens.js';

test('the value used least recently is dropped', () => {
  const dropped = [];
  const map = new LruMap(3, (value) => dropped.push(value));
  for (const key of ['a', 'b', 'c']) map.set(key, key);

  map.get('a');
  map.set('d', 'd');

  assert.deepEqual(dropped, ['b']);
  assert.deepEqual([map.get('a'), map.get('b'), map.size], ['a', undefined, 3]);
});

test('a map of size 0 holds nothing', () => {
  const map = new LruMap(0);

  map.set('a', 'a');

  assert.equal(map.size, 0);
});

/** An answer about a session. */
function answer(user, session, version) {
  return { user: { id: user }, session: { id: session }, version };
}

test('an answer does not replace a newer one', () => {
  const memory = new Memory(10);
  memory.store(answer('ada', 's', 8));

  memory.store(answer('ada', 's', 7));
  assert.equal(memory.get('s').version, 8);
  memory.store(answer('ada', 's', 9));
  assert.equal(memory.get('s').version, 9);
});

test('a user is forgotten with all sessions of earlier versions', () => {
  const memory = new Memory(10);
  memory.store(answer('ada', 'laptop', 7));
  memory.store(answer('ada', 'phone', 8));
  memory.store(answer('ada', 'tablet', undefined));
  memory.store(answer('grace', 'desktop', 1));

  memory.forgetUser('ada', 8);

  assert.deepEqual(['laptop', 'phone', 'tablet', 'desktop'].map((session) => memory.get(session)?.version), [
    undefined,
    8,
    undefined,
    1,
  ]);
});

test('a full memory forgets users completely', () => {
  const memory = new Memory(2);
  for (let index = 0; index < 100; index += 1) memory.store(answer('ada', `s${index}`, 1));
  assert.equal(memory.size, 2);

  memory.forgetUser('ada', 2);

  assert.equal(memory.size, 0);
});

test('announcements that were dropped count against every user', () => {
  const announcements = new Announcements(2);
  announcements.add('ada', 8, 1_000);
  announcements.add('grace', 1, 2_000);
  assert.equal(announcements.hasNoneAbove('ada', 7, 500), false);
  assert.equal(announcements.hasNoneAbove('ada', 8, 500), true);

  announcements.add('edsger', 1, 3_000);

  assert.equal(announcements.hasNoneAbove('ada', 7, 900), false, 'dropped');
  assert.equal(announcements.hasNoneAbove('ada', 7, 1_001), true, 'too old to count');
  assert.equal(announcements.hasNoneAbove('grace', 0, 1_001), false);
});

test('announcements are kept as long as a question may take', () => {
  const announcements = new Announcements(1_000);
  announcements.add('ada', 8, 1_000);

  announcements.add('grace', 1, 8_000);
  assert.equal(announcements.hasNoneAbove('ada', 7, 1_000 - 2_000), false);
  assert.equal(announcements.hasNoneAbove('ada', 7, 6_000 - 5_000 - 2_000), false);
});

test('an announcement never lowers a version', () => {
  const announcements = new Announcements(10);
  announcements.add('ada', 8, 1_000);
  announcements.add('ada', 7, 1_001);

  assert.equal(announcements.hasNoneAbove('ada', 7, 500), false);
});

test('a verifier remembers as many sessions as it may, and verifies all', async (context) => {
  const it = await Case.startFollowing(context, { memory: 10 });
  const users = Array.from({ length: 30 }, () => it.deployment.add(newUser()));
  const tokens = await Promise.all(users.map((user) => it.deployment.token(user)));

  for (const token of tokens) assert.equal(await it.outcome(token), 'ok');
  assert.equal(it.verifier.stats().sessions, 10);
  assert.equal(it.questions, 30);

  assert.equal(await it.outcome(tokens[29]), 'ok');
  assert.equal(it.questions, 30, 'remembered');
  assert.equal(await it.outcome(tokens[0]), 'ok');
  assert.equal(it.questions, 31, 'forgotten');
});

test('a verifier without memory asks every time', async (context) => {
  const it = await Case.startFollowing(context, { memory: 0 });

  await it.outcome();
  await it.outcome();

  assert.equal(it.questions, 2);
});
