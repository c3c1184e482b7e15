import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { signRequest } from '@drawbridge/core';

import { canonicalForm, prove } from '../dist/proof.js';
import { KEY } from './support/deployment.js';

const file = new URL('../../../../tests/vectors/proof-v2.json', import.meta.url);
const { cases } = JSON.parse(await readFile(file, 'utf8'));

for (const { name, key, method, target, body, headers, client, seconds, nonce, ...expected } of cases) {
  test(`the proof of ${name}`, async () => {
    const statement = { key, seconds, nonce, client };
    const request = { method, target, headers, body: new TextEncoder().encode(body) };

    const canonical = new TextDecoder().decode(await canonicalForm(statement, request));

    assert.equal(canonical, expected.canonical);
    assert.equal(await prove(statement, request), expected.proof);
  });
}

test('the vectors are not empty', () => {
  assert.ok(cases.length >= 6);
});

test('signRequest adds a proof that covers the request', async () => {
  const request = {
    method: 'post',
    url: 'https://app.example.com/api/login?a=%C3%A4#fragment',
    headers: { 'Content-Type': 'application/json', 'X-Drawbridge-Origin': ' https://shop.example.com ' },
    body: '{"note":"Grüße"}',
  };
  const date = new Date(1_800_000_000_999);

  const headers = await signRequest(request, { key: KEY, client: '203.0.113.9', date });

  const proof = headers.get('x-drawbridge-proxy');
  const [, , seconds, nonce] = proof.split('.');
  assert.equal(Buffer.from(nonce, 'base64url').length, 16);
  const statement = { key: KEY, seconds: 1_800_000_000, nonce, client: '203.0.113.9' };
  const proven = {
    method: 'POST',
    target: '/api/login?a=%C3%A4',
    headers: [['x-drawbridge-origin', 'https://shop.example.com']],
    body: new TextEncoder().encode(request.body),
  };
  assert.equal(seconds, '1800000000');
  assert.equal(proof, await prove(statement, proven));
  assert.equal(headers.get('content-type'), 'application/json');
});

test('every proof has another nonce', async () => {
  const sign = () => signRequest({ method: 'GET', url: 'https://app.example.com/' }, { key: KEY });

  const [first, second] = await Promise.all([sign(), sign()]);

  assert.notEqual(first.get('x-drawbridge-proxy'), second.get('x-drawbridge-proxy'));
});

test('a proof replaces an earlier one and covers header values byte by byte', async () => {
  const headers = new Headers({ 'x-drawbridge-proxy': 'v2.old', 'x-drawbridge-user-agent': 'x\u00e9' });
  const signed = await signRequest({ method: 'GET', url: 'https://app.example.com/', headers }, { key: KEY });
  const statement = { key: KEY, seconds: 1, nonce: 'n', client: null };
  const request = { method: 'GET', target: '/', headers: [...headers], body: new Uint8Array() };

  const canonical = await canonicalForm(statement, request);

  assert.ok(!signed.get('x-drawbridge-proxy').includes('old'));
  assert.equal(Buffer.from(canonical).toString('latin1').split('\n').at(-1), 'x-drawbridge-user-agent:x\u00e9');
});

test('signRequest names the origin that the frontend acts for', async () => {
  const request = { method: 'GET', url: 'https://app.example.com/' };

  const headers = await signRequest(request, { key: KEY, origin: 'https://shop.example.com' });

  assert.equal(headers.get('x-drawbridge-origin'), 'https://shop.example.com');
});

test('only a key of a frontend can sign', async () => {
  const request = { method: 'GET', url: 'https://app.example.com/' };
  for (const key of ['', 'secret', `${KEY}x`, ` ${KEY}`]) {
    await assert.rejects(signRequest(request, { key }), TypeError);
  }
});
