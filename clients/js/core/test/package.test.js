import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

import * as core from '@drawbridge/core';

import { Deployment } from './support/deployment.js';
import { TestTime, until } from './support/time.js';
import { newUser } from './support/tokens.js';

const PACKAGE = new URL('../', import.meta.url);
const SNIPPETS = new URL('test/.snippets/', PACKAGE);

const manifest = JSON.parse(await readFile(new URL('package.json', PACKAGE), 'utf8'));
const sources = await readdir(new URL('src/', PACKAGE));

/** Runs a program with Node, and returns it with what it has printed. */
function run(arguments_, env = {}) {
  const child = spawn(process.execPath, arguments_, { cwd: fileURLToPath(PACKAGE), env: { ...process.env, ...env } });
  const program = { child, output: '', exit: new Promise((resolve) => child.on('exit', resolve)) };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (program.output += chunk));
  return program;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, 'localhost', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Type-checks a program for Node, without the types of browsers. */
function typeErrors(file) {
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noEmit: true,
  };
  const program = ts.createProgram([file], options);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('require() returns the same module', () => {
  const required = createRequire(import.meta.url)('@drawbridge/core');

  assert.equal(required.createVerifier, core.createVerifier);
});

test('the only dependency is jose, and no source uses a module of Node', async () => {
  assert.deepEqual(Object.keys(manifest.dependencies), ['jose']);
  for (const name of sources) {
    const source = await readFile(new URL(`src/${name}`, PACKAGE), 'utf8');
    const imports = [...source.matchAll(/from '([^']+)'/g)].map(([, module]) => module);
    for (const module of imports) assert.match(module, /^(?:jose|\.\/\w+\.js)$/, name);
  }
});

test('a verifier that waits keeps no process running', async (context) => {
  const deployment = await Deployment.start(new TestTime());
  context.after(() => deployment.stop());
  const script = `
    import { createVerifier } from '@drawbridge/core';
    const key = 'dbk_Test00000001_${'y'.repeat(49)}';
    const verifier = createVerifier({ url: '${deployment.origin}', key, feed: true });
    await verifier.ready();
    console.log(verifier.stats().feedError);
  `;
  const program = run(['--input-type=module', '--eval', script]);
  context.after(() => program.child.kill());

  assert.equal(await program.exit, 0);

  assert.match(program.output, /unknown_key/);
});

test('the example of the README is type-checked and runs', async (context) => {
  const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
  const [, snippet] = /```ts\n([^]*?)```/.exec(readme);
  await mkdir(SNIPPETS, { recursive: true });
  context.after(() => rm(SNIPPETS, { recursive: true }));
  const source = new URL('readme.ts', SNIPPETS);
  await writeFile(source, snippet);
  assert.deepEqual(typeErrors(fileURLToPath(source)), []);

  const module = ts.transpile(snippet, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 });
  await writeFile(new URL('readme.js', SNIPPETS), module);
  const deployment = await Deployment.start(new TestTime());
  context.after(() => deployment.stop());
  const user = deployment.add(newUser());
  const seconds = Math.floor(Date.now() / 1000);
  const token = await deployment.token(user, { typ: 'at+jwt', aud: 'orders', iat: seconds, exp: seconds + 60 });
  const port = await freePort();
  const env = { DRAWBRIDGE_URL: deployment.origin, PORT: String(port) };
  const program = run([fileURLToPath(new URL('readme.js', SNIPPETS))], env);
  context.after(() => program.child.kill());
  const ask = (headers) => fetch(`http://localhost:${port}/`, { headers });
  await until(() => ask({}).then(() => true, () => false), 'the example listens');

  const welcome = await ask({ authorization: `Bearer ${token}` });
  assert.equal(await welcome.text(), 'Hello ada@example.com');
  deployment.signOut(user);
  assert.equal((await ask({ authorization: `Bearer ${token}` })).status, 401);
  assert.equal((await ask({})).status, 403);
});
