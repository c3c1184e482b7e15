import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventStreamParser } from '../dist/event_stream.js';

const encode = (text) => new TextEncoder().encode(text);

/** The events of a text that arrives in chunks of this size. */
function parse(text, size = Infinity) {
  const parser = new EventStreamParser();
  const bytes = encode(text);
  const events = [];
  for (let start = 0; start < bytes.length; start += size) {
    events.push(...parser.push(bytes.subarray(start, start + size)));
  }
  return events;
}

const STREAM = ': hello\nevent: user\ndata: {"a":1}\n\ndata:two\ndata: lines\nid: 7\nretry: 1\n\n:\n\nevent: none\n\ndata: grün\n\n';
const EVENTS = [
  { type: 'user', data: '{"a":1}' },
  { type: 'message', data: 'two\nlines' },
  { type: 'message', data: 'grün' },
];

for (const [name, end] of [
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR LF', '\r\n'],
]) {
  test(`lines may end with ${name}, wherever the chunks end`, () => {
    for (const size of [1, 2, 3, 7, Infinity]) {
      assert.deepEqual(parse(STREAM.replaceAll('\n', end), size), EVENTS, `chunks of ${size} bytes`);
    }
  });
}

test('a byte order mark and an unfinished event are ignored', () => {
  assert.deepEqual(parse('\uFEFFdata: first\n\ndata: second\n'), [{ type: 'message', data: 'first' }]);
});

test('lines and data are bounded', () => {
  const line = 'x'.repeat(1_000);
  assert.throws(() => parse('x'.repeat(70_000), 1_000), /65536/);
  assert.throws(() => parse(`data: ${line}\n`.repeat(70), 1_000), /65536/);
  assert.equal(parse(`data: ${line}\n\n`.repeat(200), 1_000).length, 200);
});
