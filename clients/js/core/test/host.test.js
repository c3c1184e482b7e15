import assert from 'node:assert/strict';
import { test } from 'node:test';

import { detectHost } from '../dist/host.js';

for (const [name, globals, expected] of [
  ['Node', { navigator: { userAgent: 'Node.js/22' }, process: { env: {} } }, [true, true]],
  ['workerd', { navigator: { userAgent: 'Cloudflare-Workers' } }, [false, false]],
  ["Vercel's edge runtime", { EdgeRuntime: 'edge-runtime', process: { env: {} } }, [false, false]],
  ["Vercel's functions", { process: { env: { VERCEL: '1' } } }, [false, true]],
  ['AWS Lambda', { process: { env: { AWS_LAMBDA_FUNCTION_NAME: 'shop' } } }, [false, true]],
  ['another host', {}, [true, true]],
]) {
  test(`${name} is recognized`, () => {
    const { keepsConnections, sharesWork } = detectHost(globals);

    assert.deepEqual([keepsConnections, sharesWork], expected);
  });
}
