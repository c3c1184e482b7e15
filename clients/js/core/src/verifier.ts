import { Announcements } from './announcements.js';
import { elapsed, instant, type Instant } from './environment.js';
import { Feed } from './feed.js';
import { Flights } from './flights.js';
import { errorText, type JsonObject } from './http.js';
import { importKeys, publishedKeys, type KeySet } from './keys.js';
import { LruMap } from './lru.js';
import { accept, Memory, type Answer } from './memory.js';
import { metadataOf, type Description, type Metadata } from './metadata.js';
import { readOptions, type Settings, type VerifierOptions } from './options.js';
import type { Credentials } from './proof.js';
import { askDeployment, type PositiveReply } from './question.js';
import type { Refreshing } from './refreshing.js';
import { checkToken, hasExpired, hasTokenLength, type SignedToken } from './token.js';
import { refused, unavailable, type Verdict } from './verdict.js';

/** How far back the feed must reach before an answer is remembered, in milliseconds before the question. */
const FOLLOWED_BEFORE_QUESTION_MS = 2_000;

/** How many announcements are kept at least, however few sessions are remembered. */
const ANNOUNCEMENTS_MIN = 1_000;

const MISSING_TOKEN: Promise<Verdict> = Promise.resolve(refused('missing_token'));

/** A token whose signature was checked, and the verdict on it from the answer that was used last. */
interface CheckedToken {
  readonly signed: SignedToken;
  answer: Answer | undefined;
  verdict: Promise<Verdict> | undefined;
}

/** What a verifier has done so far. */
export interface VerifierStats {
  /** `current` while the feed proves that no change is missing. */
  readonly feed: 'off' | 'current' | 'not_current';
  /** How many connections to the feed have been attempted. */
  readonly feedConnections: number;
  /** Why the last connection to the feed ended. */
  readonly feedError: string | undefined;
  /** How many sessions are remembered. */
  readonly sessions: number;
  /** How many questions the deployment was asked. */
  readonly questions: number;
}

/** Verifies tokens of one deployment. */
export interface Verifier {
  /** Verifies a token. Never rejects. */
  verify(token: string | null | undefined): Promise<Verdict>;
  /**
   * Resolves when the deployment has described itself, and the verifier has tried to connect to the change feed;
   * rejects if the deployment is unreachable or is another one. There is no need to wait before the first `verify`.
   */
  ready(): Promise<void>;
  /** What the deployment says about itself; rejects if it is unreachable or is another one. */
  describe(): Promise<Description>;
  /**
   * Calls `listener` with the ID of each user whom the change feed announces, and returns a function that ends this. From
   * then on, the verifier asks the deployment about this user's sessions.
   */
  onChange(listener: (user: string) => void): () => void;
  /** Ends the connection to the change feed. From then on, the verifier asks the deployment. */
  close(): void;
  /** What the verifier has done so far. */
  stats(): VerifierStats;
}

/**
 * Creates a verifier. Requests are sent when the first token is verified.
 *
 * @throws TypeError if an option is invalid.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const verifier = new LocalVerifier(readOptions(options));
  return {
    verify: (token) => verifier.verify(token),
    ready: () => verifier.ready(),
    describe: () => verifier.describe(),
    onChange: (listener) => verifier.onChange(listener),
    close: () => verifier.close(),
    stats: () => verifier.stats(),
  };
}

class LocalVerifier {
  readonly #settings: Settings;
  readonly #metadata: Refreshing<Metadata>;
  readonly #publishedKeys: Refreshing<KeySet>;
  readonly #feed: Feed | undefined;
  /** The newest keys of the feed, which replace those that were fetched. */
  #feedKeys: KeySet | undefined;
  readonly #checked: LruMap<string, CheckedToken>;
  readonly #memory: Memory;
  readonly #announcements: Announcements;
  readonly #flights: Flights<Verdict>;
  readonly #listeners = new Set<(user: string) => void>();
  #questions = 0;

  constructor(settings: Settings) {
    const { origin, fetch, environment, host, memory, credentials } = settings;
    this.#settings = settings;
    this.#metadata = metadataOf(origin, fetch, environment, host.sharesWork);
    this.#publishedKeys = publishedKeys(this.#metadata, fetch, environment, host.sharesWork);
    this.#checked = new LruMap(memory);
    this.#memory = new Memory(memory);
    this.#announcements = new Announcements(Math.max(memory, ANNOUNCEMENTS_MIN));
    this.#flights = new Flights(environment, host.sharesWork);
    if (credentials !== undefined) this.#feed = this.#createFeed(credentials);
  }

  #createFeed(credentials: Credentials): Feed {
    const { environment, fetch } = this.#settings;
    const listener = {
      onReset: (): void => {
        this.#memory.clear();
        this.#announcements.clear();
      },
      onKeys: async (jwks: JsonObject): Promise<void> => {
        this.#feedKeys = await importKeys(jwks, this.#feedKeys);
      },
      onUser: (id: string, version: number): void => {
        this.#announcements.add(id, version, environment.monotonic());
        this.#memory.forgetUser(id, version);
        for (const listener of this.#listeners) listener(id);
      },
    };
    return new Feed({ environment, fetch, metadata: this.#metadata, credentials, listener });
  }

  verify(token: string | null | undefined): Promise<Verdict> {
    if (typeof token !== 'string' || token === '') return MISSING_TOKEN;
    const checked = this.#checked.get(token);
    const verdict = checked && this.#recall(checked, instant(this.#settings.environment));
    return verdict ?? this.#flights.join(token, () => this.#verifyOnce(token));
  }

  async ready(): Promise<void> {
    await this.#metadata.get();
    this.#feed?.start();
    await this.#feed?.tried();
  }

  describe(): Promise<Description> {
    return this.#metadata.get();
  }

  onChange(listener: (user: string) => void): () => void {
    // The same function may be given twice.
    const own = (user: string): void => listener(user);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  close(): void {
    this.#feed?.close();
  }

  stats(): VerifierStats {
    const isCurrent = this.#feed?.isCurrent(instant(this.#settings.environment));
    return {
      feed: isCurrent === undefined ? 'off' : isCurrent ? 'current' : 'not_current',
      feedConnections: this.#feed?.connections ?? 0,
      feedError: this.#feed?.error,
      sessions: this.#memory.size,
      questions: this.#questions,
    };
  }

  /** Accepts a token from memory. Waits for nothing. */
  #recall(checked: CheckedToken, now: Instant): Promise<Verdict> | undefined {
    const { signed } = checked;
    if (!this.#isStillChecked(signed, now) || hasExpired(signed, now.wall)) return undefined;
    const answer = this.#memory.get(signed.session);
    if (answer === undefined || answer.user.id !== signed.user) return undefined;
    if (answer.endsAt <= now.wall || !this.#mayUse(answer, now)) return undefined;
    if (checked.answer !== answer) {
      checked.answer = answer;
      checked.verdict = Promise.resolve(accept(answer, signed));
    }
    return checked.verdict;
  }

  #isStillChecked({ metadata, key }: SignedToken, now: Instant): boolean {
    const keys = this.#feedKeys ?? this.#publishedKeys.peek(now);
    return this.#metadata.peek(now) === metadata && keys?.get(key.kid) === key;
  }

  #mayUse(answer: Answer, now: Instant): boolean {
    if (answer.isRemembered && this.#feed?.isCurrent(now) === true) return true;
    return elapsed(answer.askedAt, now) < this.#settings.staleMaxMs;
  }

  async #verifyOnce(token: string): Promise<Verdict> {
    if (!hasTokenLength(token)) return refused('invalid_token');
    try {
      const metadata = await this.#metadata.get();
      this.#feed?.start();
      const checked = await this.#check(token, metadata);
      if (checked === 'invalid') return refused('invalid_token');
      if (checked === 'unknown') return await this.#ask(token, metadata);
      const now = instant(this.#settings.environment);
      if (hasExpired(checked.signed, now.wall)) return refused('expired_token');
      return await (this.#recall(checked, now) ?? this.#ask(token, metadata, checked.signed));
    } catch (error) {
      return unavailable(errorText(error));
    }
  }

  /** Checks everything about a token that can be checked without its session; `unknown` without its key. */
  async #check(token: string, metadata: Metadata): Promise<CheckedToken | 'invalid' | 'unknown'> {
    const keys = this.#feedKeys ?? (await this.#publishedKeys.get().catch(() => undefined));
    if (keys === undefined) return 'unknown';
    const known = this.#checked.get(token);
    if (known?.signed.metadata === metadata && keys.get(known.signed.key.kid) === known.signed.key) return known;
    const signed = await checkToken(token, keys, metadata, this.#settings.accepts);
    if (signed === 'unknown_key') {
      const isCurrent = this.#feed?.isCurrent(instant(this.#settings.environment)) === true;
      // Only the feed proves that no key is missing.
      return keys === this.#feedKeys && isCurrent ? 'invalid' : 'unknown';
    }
    if (signed === 'unusable_key') return 'unknown';
    if (signed === 'invalid') return 'invalid';
    const checked = { signed, answer: undefined, verdict: undefined };
    this.#checked.set(token, checked);
    return checked;
  }

  async #ask(token: string, metadata: Metadata, signed?: SignedToken): Promise<Verdict> {
    this.#questions += 1;
    const reply = await askDeployment(this.#settings, metadata, token);
    if ('accepted' in reply) {
      this.#store(reply, signed);
      return reply.accepted;
    }
    if (reply.code !== 'unavailable' && signed !== undefined) this.#memory.forgetSession(signed.session);
    return reply;
  }

  #store(reply: PositiveReply, signed: SignedToken | undefined): void {
    const { accepted: { user, session }, version, askedAt } = reply;
    const isRemembered = this.#mayRemember(reply);
    const endsAt = Date.parse(session.expires_at);
    const isAboutToken = signed?.user === user.id && signed.session === session.id;
    if (!isAboutToken || Number.isNaN(endsAt) || !(isRemembered || this.#settings.staleMaxMs > 0)) return;
    this.#memory.store({ user, session, endsAt, version, askedAt, isRemembered });
  }

  /** Returns true if the feed announces every change that the answer does not include. */
  #mayRemember({ accepted, version, askedAt }: PositiveReply): boolean {
    const followedSince = askedAt.monotonic - FOLLOWED_BEFORE_QUESTION_MS;
    const connectedAt = this.#feed?.connectedAt;
    if (version === undefined || connectedAt === undefined || connectedAt > followedSince) return false;
    return this.#announcements.hasNoneAbove(accepted.user.id, version, followedSince);
  }
}
