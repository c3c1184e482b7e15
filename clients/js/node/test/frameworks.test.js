import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Deployment } from './support/deployment.js';
import { FRAMEWORKS, Server } from './support/servers.js';
import { until } from './support/until.js';

const REALM = 'Bearer realm="drawbridge"';

let deployment;
let ada;
before(async () => {
  deployment = await Deployment.start();
  await deployment.register('ada@example.com');
  ada = await deployment.signInFor('ada@example.com');
});
after(() => deployment.stop());

const start = (context, framework) => Server.start(context, framework, deployment.settings, { audience: 'orders' });

for (const framework of FRAMEWORKS) {
  describe(framework, () => {
    test('a request with an access token has auth', async (context) => {
      const server = await start(context, framework);

      const byBearer = await server.bearer(ada.access);
      const forwarded = await server.send('/me', { 'x-auth-token': ada.access, authorization: 'Bearer of the app' });

      assert.deepEqual([byBearer.status, byBearer.body.user], [200, 'ada@example.com']);
      assert.deepEqual([forwarded.status, forwarded.body], [200, byBearer.body]);
    });

    test('a request without a token is refused without an error code', async (context) => {
      const server = await start(context, framework);

      const { status, headers, body } = await server.send('/me', { 'x-request-id': 'request-1' });

      assert.equal(status, 401);
      assert.equal(headers['www-authenticate'], REALM);
      assert.match(headers['content-type'], /^application\/problem\+json/);
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-request-id'], 'request-1');
      assert.deepEqual(body, {
        type: '/problems/missing_token',
        title: 'Missing token',
        status: 401,
        detail: 'Send the token of a signed-in user.',
        code: 'missing_token',
        request_id: 'request-1',
        success: false,
        message: 'Missing token',
        authenticated: false,
      });
      assert.equal((await server.send('/public')).status, 200);
    });

    test('tokens for others, session tokens and repeated headers are refused', async (context) => {
      const server = await start(context, framework);
      const other = await deployment.exchange(ada.session, 'other');
      const bearer = `Bearer ${ada.access}`;
      const requests = [
        { authorization: `Bearer ${other}` },
        { authorization: `Bearer ${ada.session}` },
        { authorization: 'Bearer of the app' },
        { authorization: [bearer, bearer] },
        { 'x-auth-token': [ada.access, ada.access] },
        { 'x-auth-token': 'invalid', authorization: bearer },
      ];

      for (const headers of requests) {
        const answer = await server.send('/me', headers);

        assert.deepEqual([answer.status, answer.code], [401, 'invalid_token'], JSON.stringify(headers));
        assert.equal(answer.headers['www-authenticate'], `${REALM}, error="invalid_token"`);
      }
      assert.equal((await server.send('/me', { cookie: `token=${ada.session}` })).code, 'missing_token');
    });

    test('a role and a second factor can be required', async (context) => {
      const server = await start(context, framework);
      const email = `eve-${FRAMEWORKS.indexOf(framework)}@example.com`;
      await deployment.register(email);
      const { session, access } = await deployment.signInFor(email);

      for (const [path, code] of [['/editor', 'missing_role'], ['/safe', 'confirmation_required']]) {
        const answer = await server.bearer(access, path);
        assert.deepEqual([answer.status, answer.code], [403, code]);
        assert.equal(answer.headers['www-authenticate'], `${REALM}, error="insufficient_scope"`);
        assert.equal('authenticated' in answer.body, false);
      }
      await deployment.command('user', 'roles', email, '--add', 'editor');
      await deployment.proveSecondFactor(session);

      for (const path of ['/editor', '/safe']) {
        await until(async () => (await server.bearer(access, path)).status === 200, `${path} is let through`);
      }
    });

    test('sessions that end are refused within a second', async (context) => {
      const server = await start(context, framework);
      const users = [];
      for (let index = 0; index < 20; index += 1) users.push(await deployment.signInFor('ada@example.com'));
      await server.drawbridge.ready();
      await server.remembers(users[0].access);
      for (const { access } of users) assert.equal((await server.bearer(access)).status, 200);

      const delays = [];
      for (const { session, access } of users) {
        await deployment.signOut(session);
        const signedOut = performance.now();
        let answer = await server.bearer(access);
        while (answer.status === 200) answer = await server.bearer(access);
        delays.push(performance.now() - signedOut);
        assert.deepEqual([answer.status, answer.code], [401, 'session_revoked']);
      }

      context.diagnostic(`slowest of 20: ${Math.round(Math.max(...delays))} ms`);
      assert.ok(Math.max(...delays) < 1_000, String(delays));
      assert.equal((await server.bearer(ada.access)).status, 200);
    });
  });
}
