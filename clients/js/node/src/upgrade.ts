import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Refusal } from './refusal.js';

/** Answers a request to upgrade a connection, and closes the connection. */
export function refuseUpgrade(socket: Duplex, { status, headers, body }: Refusal): void {
  const all = { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.once('finish', () => socket.destroy());
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
}
