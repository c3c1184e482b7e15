import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createDrawbridge } from '@drawbridge/node';

import { Deployment } from './support/deployment.js';
import { FRAMEWORKS, Server } from './support/servers.js';

const EVIL = 'https://evil.example.com';

let deployment;
let ada;
let eve;
before(async () => {
  deployment = await Deployment.start();
  await deployment.register('ada@example.com');
  ada = await deployment.signInFor('ada@example.com');
  eve = await deployment.signInFor('ada@example.com');
});
after(() => deployment.stop());

const start = (context, options = { cookie: true }, settings = {}) =>
  Server.start(context, 'node:http', { ...deployment.settings, ...settings }, options);

/** The status and code of the response to each request. */
async function answers(server, requests, method) {
  const all = [];
  for (const headers of requests) {
    const { status, code } = await server.send('/me', headers, method);
    all.push(status === 200 ? 200 : `${status} ${code}`);
  }
  return all;
}

for (const framework of FRAMEWORKS) {
  test(`${framework}: the session cookie counts if it may`, async (context) => {
    const server = await Server.start(context, framework, deployment.settings, { cookie: true });

    const answer = await server.send('/me', { cookie: `theme=dark; token=${ada.session}` });

    assert.deepEqual([answer.status, answer.body?.user], [200, 'ada@example.com']);
    assert.equal(answer.headers['set-cookie'], undefined);
  });
}

test('cookies with another name or without a value are none', async (context) => {
  const server = await start(context);
  const names = ['Token', '__Host-token', '\u00a0token'];
  const cookies = [...names.map((name) => `${name}=${ada.session}`), 'token=', 'token'];

  const all = await answers(server, cookies.map((cookie) => ({ cookie })));

  assert.deepEqual(all, cookies.map(() => '401 missing_token'));
  const bearer = { cookie: 'token=', authorization: `Bearer ${ada.session}` };
  assert.deepEqual(await answers(server, [bearer]), [200]);
});

test('where a session cookie is present, it decides', async (context) => {
  const server = await start(context, { audience: 'orders', cookie: true });
  const authorization = `Bearer ${ada.access}`;
  const requests = [
    { authorization },
    { authorization: `Bearer ${ada.session}` },
    { cookie: `token=${ada.access}` },
    { cookie: 'token=invalid', authorization },
    { cookie: `token=${ada.session}`, authorization: 'Bearer of the app' },
    { cookie: `token=${ada.session}`, 'x-auth-token': ada.access },
  ];

  const all = await answers(server, requests);

  const invalid = '401 invalid_token';
  assert.deepEqual(all, [200, invalid, invalid, invalid, 200, invalid]);
});

test('of several session cookies, exactly one must be valid', async (context) => {
  const server = await start(context);
  const [one, two] = [`token=${ada.session}`, `token=${eve.session}`];
  const cookies = [`${one}; token=planted`, `token=planted; ${one}`, `${one}; ${one}`, `${one}; ${two}`];

  const all = await answers(server, cookies.map((cookie) => ({ cookie })));

  assert.deepEqual(all, [200, 200, 200, '401 invalid_token']);
});

test('Authorization counts in every spelling of Bearer, and with no other scheme', async (context) => {
  const server = await start(context, { audience: 'orders' });
  const spellings = [`bearer   ${ada.access}`, `Basic ${ada.access}`, 'Bearer', 'Bearer  ', ada.access];

  const all = await answers(server, spellings.map((authorization) => ({ authorization })));

  const missing = '401 missing_token';
  assert.deepEqual(all, [200, missing, missing, missing, missing]);
});

test('a page of another site can change nothing with the cookie', async (context) => {
  const shop = 'https://shop.example.com';
  const server = await start(context, undefined, { allowedOrigins: [shop] });
  const cookie = `token=${ada.session}`;
  const own = [
    { cookie },
    { cookie, origin: deployment.origin, 'sec-fetch-site': 'same-site' },
    { cookie, origin: `http://localhost:${server.port}` },
    { cookie, origin: shop, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-origin' },
    { authorization: `Bearer ${ada.session}`, origin: EVIL },
  ];
  const others = [
    { cookie, origin: EVIL },
    { cookie, origin: 'null' },
    { cookie, origin: EVIL, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
    { cookie, origin: `https://localhost:${server.port}` },
  ];

  assert.deepEqual(await answers(server, own, 'POST'), own.map(() => 200));
  assert.deepEqual(await answers(server, others, 'POST'), others.map(() => '403 cross_site_request'));
  assert.deepEqual(await answers(server, others, 'GET'), others.map(() => 200));
});

test('settings with which nothing works are reported immediately', () => {
  const drawbridge = createDrawbridge({ url: deployment.origin });

  assert.throws(() => drawbridge.requireSession(), /set audience, cookie: true, or both/);
  assert.throws(() => drawbridge.requireSession({ role: 'editor' }), TypeError);
  assert.throws(() => drawbridge.requireSession({ audience: '' }), /must not be empty/);
  assert.throws(() => drawbridge.requireSession({ cookie: true, role: '' }), /must not be empty/);
  assert.throws(() => createDrawbridge({ url: 'http://app.example.com', cookie: true }), /use https/);
  assert.throws(() => createDrawbridge({ url: deployment.origin, allowedOrigins: [`${EVIL}/`] }), /must be an origin/);
});
