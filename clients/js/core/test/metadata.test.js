import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Case } from './support/case.js';
import { respond } from './support/deployment.js';
import { until } from './support/time.js';

const PATH = '/.well-known/oauth-authorization-server';
const KEYS_PATH = '/.well-known/jwks.json';

test('the metadata of another deployment is refused', async (context) => {
  const it = await Case.start(context);
  const { metadata } = it.deployment;
  it.deployment.faults[PATH] = (_, response) =>
    respond(response, 200, { ...metadata, issuer: 'https://evil.example.com' });

  await assert.rejects(it.verifier.ready(), /names another issuer: https:\/\/evil.example.com/);
  const verdict = await it.verifier.verify(it.token);

  assert.equal(verdict.code, 'unavailable');
  assert.match(verdict.detail, /another issuer/);
});

test('a verifier says where the pages are, and how the session cookie is named', async (context) => {
  const it = await Case.start(context);
  const { metadata } = it.deployment;
  const session = { ...metadata.drawbridge.session, cookie: { name: '__Secure-token' } };
  const drawbridge = { ...metadata.drawbridge, session };
  it.deployment.faults[PATH] = (_, response) => respond(response, 200, { ...metadata, drawbridge });

  const { frontendOrigin, sessionCookie } = await it.verifier.describe();

  assert.deepEqual([frontendOrigin, sessionCookie], [it.deployment.origin, '__Secure-token']);
});

test('keys over plain http from another host are refused', async (context) => {
  const it = await Case.start(context);
  const { metadata } = it.deployment;
  it.deployment.faults[PATH] = (_, response) =>
    respond(response, 200, { ...metadata, jwks_uri: 'http://app.example.com/jwks.json' });

  await assert.rejects(it.verifier.ready(), /use https/);
});

test('the documents are fetched once, and again when Cache-Control says so', async (context) => {
  const it = await Case.start(context);
  const { counts } = it.deployment;

  await Promise.all(Array.from({ length: 20 }, () => it.outcome()));
  it.time.advance(59_999);
  await it.outcome();
  assert.deepEqual([counts[PATH], counts[KEYS_PATH]], [1, 1]);

  it.time.advance(1);
  await it.outcome();
  await until(() => counts[PATH] === 2 && counts[KEYS_PATH] === 2, 'both are fetched again');
});

test('a document that cannot be fetched again is kept, and tried again after a second', async (context) => {
  const it = await Case.start(context);
  await it.outcome();
  it.deployment.faults[PATH] = 'break';
  it.deployment.faults[KEYS_PATH] = 'break';

  it.time.advance(60_000);
  for (let index = 0; index < 5; index += 1) assert.equal(await it.outcome(), 'ok');
  await until(() => it.deployment.counts[PATH] === 2, 'one more attempt');
  await it.settle();
  it.time.advance(999);
  await it.outcome();
  await it.settle();
  assert.equal(it.deployment.counts[PATH], 2);

  it.time.advance(1);
  assert.equal(await it.outcome(), 'ok');
  await until(() => it.deployment.counts[PATH] === 3, 'the next attempt');
});

test('a changed audience takes effect, also for tokens that were checked before', async (context) => {
  const it = await Case.start(context, { staleMax: 600_000 });
  assert.equal(await it.outcome(), 'ok');
  const { metadata } = it.deployment;
  metadata.drawbridge.session.audience = 'another';
  it.deployment.faults[PATH] = (_, response) => respond(response, 200, metadata);

  it.time.advance(60_000);
  await it.outcome();
  await until(async () => (await it.outcome()) === 'invalid_token', 'the new audience is known');
});

test('endpoints are at the origin of the pages', async (context) => {
  const it = await Case.start(context);
  const { metadata } = it.deployment;
  const pages = it.deployment.origin.replace('127.0.0.1', 'localhost');
  metadata.drawbridge.frontend_origin = pages;
  it.deployment.faults[PATH] = (_, response) => respond(response, 200, metadata);
  const urls = [];
  const fetchWithLog = (url, init) => {
    urls.push(url);
    return fetch(url, init);
  };

  await it.createVerifier({ fetch: fetchWithLog }).verify(it.token);

  assert.equal(urls.at(-1), `${pages}/api/verify`);
});

test('a deployment without a change feed is not asked for records', async (context) => {
  const it = await Case.start(context);
  const { metadata } = it.deployment;
  delete metadata.drawbridge.endpoints.changes;
  it.deployment.faults[PATH] = (_, response) => respond(response, 200, metadata);
  let question;
  it.deployment.faults['/api/verify'] = (_, response, text) => {
    question = JSON.parse(text);
    respond(response, 401, { code: 'session_revoked' });
  };

  assert.equal(await it.outcome(), 'session_revoked');

  assert.deepEqual(question, {});
});
