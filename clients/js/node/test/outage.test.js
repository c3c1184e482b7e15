import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { toResponse } from '@drawbridge/node';

import { Deployment } from './support/deployment.js';
import { FRAMEWORKS, Server } from './support/servers.js';
import { until } from './support/until.js';

let deployment;
let ada;
before(async () => {
  deployment = await Deployment.start();
  await deployment.register('ada@example.com');
  ada = await deployment.signInFor('ada@example.com');
});
after(() => deployment.stop());

test('an outage is an outage, and ends by itself', async (context) => {
  const causes = [];
  const settings = { ...deployment.settings, onUnavailable: (cause) => causes.push(cause) };
  const options = { audience: 'orders', cookie: true };
  const servers = await Promise.all(FRAMEWORKS.map((name) => Server.start(context, name, settings, options)));
  for (const server of servers) await server.drawbridge.ready();
  for (const server of servers) assert.equal((await server.bearer(ada.access)).status, 200);

  await deployment.interrupt();
  servers.push(await Server.start(context, 'node:http', settings, options));
  for (const [index, server] of servers.entries()) {
    await until(async () => (await server.bearer(ada.access)).status === 503, 'the deployment is missed');
    for (const headers of [{ authorization: `Bearer ${ada.access}` }, { cookie: `token=${ada.session}` }]) {
      const answer = await server.send('/me', headers);

      assert.deepEqual([answer.status, answer.code], [503, 'unavailable'], FRAMEWORKS[index] ?? 'a new server');
      assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
      assert.equal(answer.headers['www-authenticate'], undefined);
      assert.equal(answer.headers['set-cookie'], undefined);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal('authenticated' in answer.body, false);
    }
    assert.equal((await server.send('/public')).status, 200);
  }
  assert.ok(causes.length >= 2 * servers.length);

  await deployment.resume();
  for (const server of servers) {
    await until(async () => (await server.bearer(ada.access)).status === 200, 'the deployment is back');
  }
});

test('what web-frontend could not find out is an outage as well', async (context) => {
  const server = await Server.start(context, 'node:http', deployment.settings, { audience: 'orders' });

  const unknown = await server.send('/me', { 'x-auth-status': 'unknown' });
  const anonymous = await server.send('/me', { 'x-auth-status': 'anonymous' });
  const signedIn = await server.send('/me', { 'x-auth-status': 'unknown', 'x-auth-token': ada.access });

  assert.deepEqual([unknown.status, unknown.code, unknown.headers['retry-after']], [503, 'unavailable', '2']);
  assert.equal(anonymous.status, 401);
  assert.equal(signedIn.status, 200);
});

test('a request of the Fetch standard can be authenticated, and answered', async (context) => {
  const { drawbridge } = await Server.start(context, 'node:http', deployment.settings, { audience: 'orders' });
  const request = (headers) => new Request('http://localhost/', { headers });

  const { auth } = await drawbridge.authenticate(request({ 'x-auth-token': ada.access }), { audience: 'orders' });
  const refusal = await drawbridge.authenticate(request({}), { audience: 'orders' });

  assert.equal(auth.user.email, 'ada@example.com');
  assert.equal(JSON.stringify(auth).includes(ada.access), false);
  const response = toResponse(refusal);
  assert.deepEqual([response.status, (await response.json()).code], [401, 'missing_token']);
});
