import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';

import { WebSocket, WebSocketServer } from 'ws';

import { createDrawbridge } from '@drawbridge/node';

import { Deployment } from './support/deployment.js';
import { until } from './support/until.js';

let deployment;
let ada;
before(async () => {
  deployment = await Deployment.start();
  await deployment.register('ada@example.com');
});
beforeEach(async () => {
  ada = await deployment.signInFor('ada@example.com');
});
after(() => deployment.stop());

/** A server of WebSockets. */
class Sockets {
  static async start(context, settings = {}, options = { audience: 'orders' }) {
    const own = new Sockets();
    own.drawbridge = createDrawbridge({ ...deployment.settings, ...settings });
    own.websockets = new WebSocketServer({ noServer: true });
    own.server = createServer().listen(0, 'localhost');
    own.server.on('upgrade', (request, socket, head) => own.#upgrade(request, socket, head, options));
    await once(own.server, 'listening');
    own.port = own.server.address().port;
    context.after(() => {
      own.drawbridge.close();
      own.server.closeAllConnections();
      for (const socket of own.websockets.clients) socket.terminate();
      own.server.close();
    });
    return own;
  }

  async #upgrade(request, socket, head, options) {
    const { drawbridge, websockets } = this;
    const auth = await drawbridge.guardUpgrade(request, socket, options);
    if (auth === undefined) return;
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      const stop = drawbridge.watchSession(auth, ({ closeCode, code }) => websocket.close(closeCode, code));
      websocket.on('close', stop);
      websocket.send(auth.user.email);
    });
  }

  /** Opens a WebSocket and waits for its first message. */
  async open(headers) {
    const socket = new WebSocket(`ws://localhost:${this.port}/`, { headers });
    const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`);
    const [message] = await once(socket, 'message');
    assert.equal(String(message), 'ada@example.com');
    return { socket, closed };
  }

  /** Tries to open a WebSocket, and returns the status and code with which it is refused. */
  async refusal(headers) {
    const socket = new WebSocket(`ws://localhost:${this.port}/`, { headers });
    const [, response] = await once(socket, 'unexpected-response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return `${response.statusCode} ${JSON.parse(text).code}`;
  }
}

const bearer = ({ access }) => ({ authorization: `Bearer ${access}` });

test('a WebSocket is refused like any other request', async (context) => {
  const sockets = await Sockets.start(context, {}, { audience: 'orders', cookie: true });
  const cookie = `token=${ada.session}`;

  assert.equal(await sockets.refusal({}), '401 missing_token');
  assert.equal(await sockets.refusal({ authorization: 'Bearer invalid' }), '401 invalid_token');
  assert.equal(await sockets.refusal({ cookie, origin: 'https://evil.example.com' }), '403 cross_site_request');
  await sockets.open({ cookie, origin: deployment.origin });
  await sockets.open({ cookie, origin: `http://localhost:${sockets.port}` });
});

test('a WebSocket is closed as soon as its session ends', async (context) => {
  const sockets = await Sockets.start(context);
  await sockets.drawbridge.ready();
  const others = await sockets.open(bearer(ada));

  const delays = [];
  for (let index = 0; index < 7; index += 1) {
    const { session, access } = await deployment.signInFor('ada@example.com');
    const { closed } = await sockets.open(bearer({ access }));
    await deployment.signOut(session);
    const signedOut = performance.now();
    assert.equal(await closed, '1008 session_revoked');
    delays.push(performance.now() - signedOut);
  }

  // Without the feed, half of them would take longer than half a second.
  const [, , , median] = delays.toSorted((a, b) => a - b);
  context.diagnostic(`median ${Math.round(median)} ms`);
  assert.ok(median < 250, String(delays));
  assert.equal(others.socket.readyState, WebSocket.OPEN);
});

test('without the change feed, a WebSocket is closed as well', async (context) => {
  const sockets = await Sockets.start(context, { feed: false });
  const { closed } = await sockets.open(bearer(ada));

  await deployment.signOut(ada.session);

  assert.equal(await closed, '1008 session_revoked');
});

test('a WebSocket is closed when its user loses the role', async (context) => {
  const options = { audience: 'orders', role: 'editor' };
  await deployment.command('user', 'roles', 'ada@example.com', '--add', 'editor');
  const sockets = await Sockets.start(context, {}, options);
  const request = new Request('http://localhost/', { headers: bearer(ada) });
  await until(async () => (await sockets.drawbridge.authenticate(request, options)).ok, 'the role is known');
  const { closed } = await sockets.open(bearer(ada));

  await deployment.command('user', 'roles', 'ada@example.com', '--remove', 'editor');

  assert.equal(await closed, '1008 missing_role');
});

test('a session that ended before it was watched is noticed', async (context) => {
  const { drawbridge } = await Sockets.start(context);
  const request = new Request('http://localhost/', { headers: bearer(ada) });
  const { auth } = await drawbridge.authenticate(request, { audience: 'orders' });
  await deployment.signOut(ada.session);

  const watched = performance.now();
  const end = await new Promise((resolve) => drawbridge.watchSession(auth, resolve));

  // The first regular verification comes after a second.
  assert.ok(performance.now() - watched < 900);
  assert.deepEqual(end, { code: 'session_revoked', closeCode: 1008 });
  assert.throws(() => drawbridge.watchSession({ ...auth }, () => undefined), /must come from a request/);
});

test('closed WebSockets are no longer watched, and few are verified at the same time', async (context) => {
  const asked = [];
  let [current, most] = [0, 0];
  const observing = async (url, init) => {
    if (!url.endsWith('/api/verify')) return fetch(url, init);
    asked.push(init.headers.authorization);
    most = Math.max(most, (current += 1));
    return fetch(url, init).finally(() => (current -= 1));
  };
  const sockets = await Sockets.start(context, { feed: false, fetch: observing });
  const opened = [];
  for (let index = 0; index < 20; index += 1) {
    opened.push(await sockets.open(bearer(await deployment.signInFor('ada@example.com'))));
  }
  const before = asked.length;
  await until(() => asked.length >= before + 40, 'all are verified again and again');
  assert.ok(most > 1 && most <= 8, String(most));

  for (const { socket, closed } of opened) {
    socket.close();
    await closed;
  }
  await until(() => sockets.websockets.clients.size === 0 && current === 0);
  asked.length = 0;
  await sockets.open(bearer(ada));
  await until(() => asked.length >= 4, 'the only one that is open is verified again and again');
  assert.deepEqual(new Set(asked), new Set([bearer(ada).authorization]));
});

test('a client that breaks off does no harm', async (context) => {
  const sockets = await Sockets.start(context, { feed: false });
  const lines = ['GET / HTTP/1.1', 'host: localhost', 'connection: upgrade', 'upgrade: websocket'];
  const head = [...lines, `authorization: Bearer ${ada.access}`, '', ''].join('\r\n');

  for (let index = 0; index < 20; index += 1) {
    const upgrade = once(sockets.server, 'upgrade');
    const socket = connect(sockets.port, 'localhost');
    socket.write(head);
    await upgrade;
    socket.resetAndDestroy();
  }

  await sockets.open(bearer(ada));
});

test('in an outage, a WebSocket is closed after ten seconds', async (context) => {
  const sockets = await Sockets.start(context);
  await sockets.drawbridge.ready();
  const { closed } = await sockets.open(bearer(ada));

  const interrupted = performance.now();
  await deployment.interrupt();
  assert.equal(await closed, '1013 unavailable');

  const seconds = (performance.now() - interrupted) / 1_000;
  assert.ok(seconds > 9 && seconds < 18, String(seconds));
  assert.equal(await sockets.refusal(bearer(ada)), '503 unavailable');
  await deployment.resume();
});
