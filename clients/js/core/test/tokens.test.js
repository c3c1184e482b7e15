import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Case } from './support/case.js';
import { KEY } from './support/deployment.js';
import { SigningKey } from './support/tokens.js';

/** Verifies a token from memory, so that the answer of the deployment does not hide a fault of the local check. */
async function accepts(context, options, claims) {
  const it = await Case.startFollowing(context, options);
  const values = typeof claims === 'function' ? await claims(it) : claims;
  const token = typeof values === 'string' ? values : await it.deployment.token(it.user, values);
  const outcome = await it.outcome(token);
  const { questions } = it;
  return { outcome, questions };
}

const ACCEPTED = { outcome: 'ok', questions: 1 };
/** Refused without a question. */
const INVALID = { outcome: 'invalid_token', questions: 0 };

for (const [name, options, claims, expected] of [
  ['a session token', {}, {}, ACCEPTED],
  ['a previous issuer', {}, { iss: 'https://old.example.com' }, ACCEPTED],
  ['a session token of the old form', {}, { typ: 'at+jwt' }, ACCEPTED],
  ['another issuer', {}, { iss: 'https://evil.example.com' }, INVALID],
  ['no issuer', {}, { iss: undefined }, INVALID],
  ['another audience', {}, { aud: 'shop' }, INVALID],
  ['several audiences', {}, (it) => ({ aud: [it.deployment.origin] }), INVALID],
  ['another type', {}, { typ: 'JWT' }, INVALID],
  ['no type', {}, { typ: null }, INVALID],
  ['an access token', { audience: 'orders' }, { typ: 'at+jwt', aud: 'orders' }, ACCEPTED],
  ['an access token of another audience', { audience: 'orders' }, { typ: 'at+jwt', aud: 'mail' }, INVALID],
  ['an access token instead of a session', {}, { typ: 'at+jwt', aud: 'orders' }, INVALID],
  ['a session token instead of an access token', { audience: 'orders' }, { aud: 'orders' }, INVALID],
  ["a frontend's own session", { sessionAudience: 'shop' }, { aud: 'shop' }, ACCEPTED],
  ["a session of the deployment instead of a frontend's own", { sessionAudience: 'shop' }, {}, INVALID],
  ["an access token instead of a frontend's own session", { sessionAudience: 'shop' }, { typ: 'at+jwt', aud: 'shop' }, INVALID],
  ['no session', {}, { sid: undefined }, INVALID],
  ['no user', {}, { sub: undefined }, INVALID],
  ['no expiry', {}, { exp: undefined }, INVALID],
  ['a text as expiry', {}, { exp: '2100-01-01' }, INVALID],
  ['a critical header', {}, { header: { crit: ['b64'], b64: true } }, INVALID],
  ['no key ID', {}, { header: { kid: undefined } }, INVALID],
  ['an unknown key ID', {}, { header: { kid: 'unknown' } }, INVALID],
]) {
  test(`the local check and ${name}`, async (context) => {
    assert.deepEqual(await accepts(context, options, claims), expected);
  });
}

test('a deployment audience is not an audience of access tokens', async (context) => {
  const it = await Case.startFollowing(context);
  const verifier = it.createVerifier({ audience: it.deployment.origin });
  const token = await it.deployment.token(it.user, { typ: 'at+jwt' });

  const { code } = await verifier.verify(token);

  assert.equal(code, 'invalid_token');
});

test('tokens are signed with EdDSA or ES256', async (context) => {
  const it = await Case.startFollowing(context);
  const key = await SigningKey.generate('ES256');
  it.deployment.keys.push(key);
  await it.arrives(() => it.deployment.feeds.sendToAll('keys', it.deployment.jwks));

  assert.equal(await it.outcome(), 'ok');
  assert.equal(await it.outcome(await it.deployment.token(it.user, { key })), 'ok');
  assert.equal(it.questions, 1);
});

test('a forged signature is refused', async (context) => {
  const forged = async ({ deployment, user }) => {
    const [head, , signature] = (await deployment.token(user)).split('.');
    const [, body] = (await deployment.token(user, { sub: 'someone-else' })).split('.');
    return `${head}.${body}.${signature}`;
  };
  assert.deepEqual(await accepts(context, {}, forged), INVALID);
});

test('a key of ours under another ID is refused', async (context) => {
  const other = async ({ deployment }) => {
    const key = await SigningKey.generate();
    key.jwk.kid = deployment.keys[0].jwk.kid;
    return { key };
  };
  assert.deepEqual(await accepts(context, {}, other), INVALID);
});

for (const alg of ['none', 'HS256', 'ES256']) {
  test(`the header cannot choose the algorithm ${alg}`, async (context) => {
    const forged = async ({ deployment, user }) => {
      const [, body, signature] = (await deployment.token(user)).split('.');
      const header = { alg, kid: deployment.keys[0].jwk.kid, typ: 'drawbridge-session+jwt' };
      return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${signature}`;
    };
    assert.deepEqual(await accepts(context, {}, forged), INVALID);
  });
}

test('a session is remembered for its own user only', async (context) => {
  const it = await Case.startFollowing(context);
  await it.outcome();

  assert.equal(await it.outcome(await it.deployment.token(it.user, { sub: 'grace' })), 'user_not_found');
});

test('a token that is too long is refused', async (context) => {
  const it = await accepts(context, {}, { note: 'x'.repeat(2_048) });

  assert.deepEqual(it, INVALID);
});

test('while the feed is not current, the deployment decides about unknown keys', async (context) => {
  const it = await Case.start(context, { key: KEY, feed: false });
  const key = await SigningKey.generate();
  await it.outcome();

  // The published keys in memory are still fresh, and do not contain this key.
  assert.equal(await it.outcome(await it.deployment.token(it.user, { key })), 'ok');
});

test('a key that this host cannot use is left to the deployment', async (context) => {
  const it = await Case.startFollowing(context);
  const [{ jwk }] = it.deployment.keys;
  await it.arrives(() => it.deployment.feeds.sendToAll('keys', { keys: [{ ...jwk, alg: 'Future2030' }] }));

  assert.equal(await it.outcome(), 'ok');
  assert.equal(it.questions, 1);
});
