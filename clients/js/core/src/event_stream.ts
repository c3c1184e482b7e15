/** An event of an event stream (HTML Standard, 9.2). */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
}

/** The length of the longest line and of the longest data, in characters. */
const LENGTH_MAX = 64 * 1024;

/** Splits the body of a `text/event-stream` response into events. */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  #line = '';
  #endsWithReturn = false;
  #type = '';
  #data: string | undefined;

  /**
   * Returns the events that these bytes complete.
   *
   * @throws Error if a line or the data of an event is too long.
   */
  push(bytes: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = [];
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === '') return events;
    // The line has ended already, and this is the rest of its CR LF.
    if (this.#endsWithReturn && text.startsWith('\n')) text = text.slice(1);
    this.#endsWithReturn = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#readLine(limited(this.#line + line), events);
      this.#line = '';
    }
    this.#line = limited(this.#line + rest);
    return events;
  }

  #readLine(line: string, events: ServerEvent[]): void {
    if (line === '') return this.#endEvent(events);
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#type = value;
    if (name === 'data') this.#data = limited(this.#data === undefined ? value : `${this.#data}\n${value}`);
  }

  #endEvent(events: ServerEvent[]): void {
    if (this.#data !== undefined) events.push({ type: this.#type || 'message', data: this.#data });
    this.#type = '';
    this.#data = undefined;
  }
}

function limited(text: string): string {
  if (text.length > LENGTH_MAX) throw new Error(`the feed sent more than ${LENGTH_MAX} characters in one event`);
  return text;
}
