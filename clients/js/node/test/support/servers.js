import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

import { createAdaptorServer } from '@hono/node-server';
import express5 from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';

import * as forNode from '@drawbridge/node';
import * as forExpress from '@drawbridge/node/express';
import * as forFastify from '@drawbridge/node/fastify';
import * as forHono from '@drawbridge/node/hono';

import { until } from './until.js';

const seen = ({ user, session }) => ({ user: user.email, session: session.id });

function startExpress(express) {
  return async (settings, options) => {
    const drawbridge = forExpress.createDrawbridge(settings);
    const app = express();
    app.get('/public', (_, response) => response.json({ user: null }));
    app.use(drawbridge.requireSession(options));
    app.all('/editor', drawbridge.requireSession({ ...options, role: 'editor' }), (_, response) => response.json({}));
    app.all('/safe', drawbridge.requireSession({ ...options, secondFactor: true }), (_, response) => response.json({}));
    app.all('/me', (request, response) => response.json(seen(request.auth)));
    return { drawbridge, server: createServer(app) };
  };
}

async function startFastify(settings, options) {
  const drawbridge = forFastify.createDrawbridge(settings);
  const app = fastify({ forceCloseConnections: true });
  app.get('/public', async () => ({ user: null }));
  app.register(async (guarded) => {
    guarded.addHook('onRequest', drawbridge.requireSession(options));
    const editor = drawbridge.requireSession({ ...options, role: 'editor' });
    guarded.all('/editor', { onRequest: editor }, async () => ({}));
    const safe = drawbridge.requireSession({ ...options, secondFactor: true });
    guarded.all('/safe', { preHandler: safe }, async () => ({}));
    guarded.all('/me', async (request) => seen(request.auth));
  });
  await app.ready();
  return { drawbridge, server: app.server };
}

async function startHono(settings, options) {
  const drawbridge = forHono.createDrawbridge(settings);
  const app = new Hono();
  app.get('/public', (context) => context.json({ user: null }));
  app.use(drawbridge.requireSession(options));
  app.all('/editor', drawbridge.requireSession({ ...options, role: 'editor' }), (context) => context.json({}));
  app.all('/safe', drawbridge.requireSession({ ...options, secondFactor: true }), (context) => context.json({}));
  app.all('/me', (context) => context.json(seen(context.get('auth'))));
  return { drawbridge, server: createAdaptorServer({ fetch: app.fetch }) };
}

async function startNode(settings, options) {
  const drawbridge = forNode.createDrawbridge(settings);
  const answer = (body) => (_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  const routes = {
    '/public': answer({ user: null }),
    '/editor': drawbridge.requireSession({ ...options, role: 'editor' })(answer({})),
    '/safe': drawbridge.requireSession({ ...options, secondFactor: true })(answer({})),
    '/me': drawbridge.requireSession(options)((request, response) => answer(seen(request.auth))(request, response)),
  };
  return { drawbridge, server: createServer((request, response) => routes[request.url](request, response)) };
}

const STARTS = {
  'Express 5': startExpress(express5),
  'Express 4': startExpress(express4),
  'Fastify 5': startFastify,
  'Hono 4': startHono,
  'node:http': startNode,
};

/** The names of all kinds of servers. */
export const FRAMEWORKS = Object.keys(STARTS);

/** A server that shows who is signed in at `/me`, and needs a role at `/editor` and a second factor at `/safe`. */
export class Server {
  static async start(context, framework, settings, options) {
    const own = new Server();
    Object.assign(own, await STARTS[framework](settings, options));
    own.server.listen(0, 'localhost');
    await once(own.server, 'listening');
    own.port = own.server.address().port;
    context.after(() => own.stop());
    return own;
  }

  stop() {
    this.drawbridge.close();
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Sends a request. A header may have several values, which are then sent as several headers. */
  async send(path, headers = {}, method = 'GET') {
    const request = send({ host: 'localhost', port: this.port, path, method, headers, agent: false }).end();
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    const body = text === '' ? undefined : JSON.parse(text);
    return { status: response.statusCode, headers: response.headers, body, code: body?.code };
  }

  bearer(token, path = '/me', method = 'GET') {
    return this.send(path, { authorization: `Bearer ${token}` }, method);
  }

  /** Waits until the change feed has been followed long enough for sessions to be remembered. */
  async remembers(token) {
    const questions = () => this.drawbridge.stats().reduce((sum, { questions }) => sum + questions, 0);
    await until(async () => {
      const before = questions();
      await this.bearer(token);
      return questions() === before;
    }, 'sessions are remembered');
  }
}
