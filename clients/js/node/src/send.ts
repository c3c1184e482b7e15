import type { ServerResponse } from 'node:http';

import type { Refusal } from './refusal.js';

/** Sends the response to a request that is refused. */
export function sendRefusal(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
