import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { WebSocket } from 'ws';

import { Deployment } from './support/deployment.js';
import { until } from './support/until.js';

const PACKAGE = new URL('../', import.meta.url);
const SNIPPETS = new URL('test/.snippets/', PACKAGE);

const manifest = JSON.parse(await readFile(new URL('package.json', PACKAGE), 'utf8'));
const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
const examples = new Map([...readme.matchAll(/```ts (\w+)\n([^]*?)```/g)].map(([, name, text]) => [name, text]));
examples.set('express4', examples.get('express').replace("from 'express'", "from 'express4'"));

let deployment;
let token;
before(async () => {
  deployment = await Deployment.start();
  await deployment.register('ada@example.com');
  token = (await deployment.signInFor('ada@example.com')).access;
  await mkdir(SNIPPETS, { recursive: true });
});
after(async () => {
  await rm(SNIPPETS, { recursive: true });
  await deployment.stop();
});

/** Type-checks a program for Node, with all declarations that it uses. */
function typeErrors(file, types = ['node']) {
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const program = ts.createProgram([file], options);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

async function freePort() {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Writes an example as TypeScript, and returns its file. */
async function write(name, text) {
  const file = new URL(`${name}.ts`, SNIPPETS);
  await writeFile(file, text);
  return fileURLToPath(file);
}

/** Runs an example, and returns its port once it listens. */
async function run(context, name) {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const file = new URL(`${name}.js`, SNIPPETS);
  await writeFile(file, ts.transpile(examples.get(name), options));
  const port = await freePort();
  const { url: DRAWBRIDGE_URL, key: DRAWBRIDGE_KEY } = deployment.settings;
  const env = { ...process.env, DRAWBRIDGE_URL, DRAWBRIDGE_KEY, PORT: String(port) };
  const program = spawn(process.execPath, [fileURLToPath(file)], { env, stdio: 'inherit' });
  const ended = once(program, 'exit');
  context.after(() => {
    program.kill();
    return ended;
  });
  await until(() => fetch(`http://localhost:${port}/health`).then(() => true, () => false), `${name} listens`);
  return port;
}

for (const name of ['express', 'express4', 'fastify', 'hono', 'node']) {
  test(`the example for ${name} is type-checked and runs`, async (context) => {
    assert.deepEqual(typeErrors(await write(name, examples.get(name))), []);
    const port = await run(context, name);
    const send = (path, init) => fetch(`http://localhost:${port}${path}`, init);
    const headers = { authorization: `Bearer ${token}` };

    assert.equal((await send('/health')).status, 200);
    assert.equal((await send('/me')).status, 401);
    const welcome = await send('/me', { headers });
    assert.deepEqual([welcome.status, await welcome.json()], [200, { email: 'ada@example.com' }]);
    const status = name === 'node' ? 404 : 403;
    assert.equal((await send('/orders', { headers, method: 'DELETE' })).status, status);
  });
}

test('the example for WebSockets is type-checked and runs', async (context) => {
  assert.deepEqual(typeErrors(await write('websocket', examples.get('websocket'))), []);
  const port = await run(context, 'websocket');

  const socket = new WebSocket(`ws://localhost:${port}/`, { headers: { authorization: `Bearer ${token}` } });

  const [message] = await once(socket, 'message');
  assert.equal(String(message), 'Hello ada@example.com');
  socket.terminate();
});

test('the types find mistakes', async () => {
  const mistakes = {
    express: ['request.auth.user.email', 'request.auth.user.mail'],
    fastify: ['request.auth.user.email', 'request.auth.user.mail'],
    hono: ['app.get(\'/me\', requireSession(), ', 'app.get(\'/me\', '],
    node: ["audience: 'orders'", 'audience: 1'],
  };
  for (const [name, [right, wrong]] of Object.entries(mistakes)) {
    const text = examples.get(name);
    assert.ok(text.includes(right), name);

    assert.notDeepEqual(typeErrors(await write(`wrong_${name}`, text.replace(right, wrong))), [], name);
  }
});

test('require() returns the same modules', async () => {
  const require = createRequire(import.meta.url);
  for (const path of Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'))) {
    const name = path.replace('.', '@drawbridge/node');

    assert.equal(require(name).createDrawbridge, (await import(name)).createDrawbridge);
  }
});

test('the only dependency is the core, and only Fastify and Hono are named by their own entry points', async () => {
  assert.deepEqual(Object.keys(manifest.dependencies), ['@drawbridge/core']);
  assert.equal(manifest.peerDependencies, undefined);
  const frameworks = /from '(?:express|fastify|hono)/;
  for (const entry of ['index', 'express']) {
    for (const end of ['js', 'd.ts']) {
      assert.doesNotMatch(await readFile(new URL(`dist/${entry}.${end}`, PACKAGE), 'utf8'), frameworks);
    }
  }
});
