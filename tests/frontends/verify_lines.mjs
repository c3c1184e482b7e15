// Verifies each line of the input, which is a token, and prints the verdict and whether the feed is current.
import { createInterface } from 'node:readline';

import { createVerifier } from '../../clients/js/core/dist/index.js';

const verifier = createVerifier({ url: process.env.DRAWBRIDGE_URL, key: process.env.DRAWBRIDGE_KEY });
await verifier.ready();

for await (const token of createInterface({ input: process.stdin })) {
  const verdict = await verifier.verify(token);
  console.log(JSON.stringify({ ...verdict, ...verifier.stats() }));
}
