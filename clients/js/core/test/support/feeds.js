/** The open connections to the change feed of a test deployment. */
export class Feeds {
  /** Every connection since the start, the newest last. */
  all = [];
  /** How long a proxy on the way buffers the body, in milliseconds. */
  delay = 0;
  /** True if nothing more arrives on any connection. */
  isFrozen = false;

  constructor(now) {
    this.now = now;
  }

  get newest() {
    return this.all.at(-1);
  }

  get connected() {
    return this.all.filter((feed) => feed.isOpen);
  }

  /** Begins the response of a new connection. */
  open(response, jwks) {
    const feed = { response, isOpen: true, queue: [] };
    this.all.push(feed);
    response.on('close', () => {
      feed.isOpen = false;
    });
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    this.send(feed, 'reset', { time: this.now() });
    this.send(feed, 'keys', jwks);
  }

  send(feed, type, data) {
    feed.queue.push({ text: `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`, at: this.now() });
    this.flush();
  }

  sendToAll(type, data) {
    for (const feed of this.connected) this.send(feed, type, data);
  }

  announce({ id, version }) {
    this.sendToAll('user', { id, version });
  }

  /** Sends a watermark that is a little old, as it is in a real deployment. */
  raiseWatermark(age = 100) {
    this.sendToAll('watermark', { time: this.now(), delivered_until: this.now() - age });
  }

  /** Writes what no proxy holds back any more. */
  flush() {
    if (this.isFrozen) return;
    for (const feed of this.all) {
      while (feed.queue.length > 0 && feed.queue[0].at + this.delay <= this.now()) {
        feed.response.write(feed.queue.shift().text);
      }
    }
  }

  closeAll() {
    for (const { response } of this.all) response.destroy();
  }
}
