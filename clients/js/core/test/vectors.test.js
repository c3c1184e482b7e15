import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { importKeys } from '../dist/keys.js';
import { parseMetadata } from '../dist/metadata.js';
import { checkToken, hasExpired, hasTokenLength } from '../dist/token.js';

const file = new URL('../../../../tests/vectors/tokens.json', import.meta.url);
const { metadata, keys, now, cases } = JSON.parse(await readFile(file, 'utf8'));
const { issuer } = metadata;
const known = parseMetadata(
  {
    ...metadata,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    drawbridge: { ...metadata.drawbridge, frontend_origin: issuer, endpoints: { verify: '/api/verify' } },
  },
  issuer,
);
const keySet = await importKeys(keys);

async function outcome(token, { audience, session_audience: sessionAudience }) {
  if (!hasTokenLength(token)) return { code: 'invalid_token' };
  const signed = await checkToken(token, keySet, known, { audience, sessionAudience });
  if (typeof signed === 'string') return { code: 'invalid_token' };
  if (hasExpired(signed, now * 1000)) return { code: 'expired_token' };
  return { user: signed.user, session: signed.session };
}

test('every token of the shared vectors has the expected result', async () => {
  assert.ok(cases.length > 90);
  for (const { name, token, accepts, expected } of cases) {
    assert.deepEqual(await outcome(token, accepts), expected, name);
  }
});
