/**
 * The queries of one list: what the person asked lately, what got a name, and who answers while one
 * is written. Lists are kept in this browser or desktop profile, apart for each target.
 */
import { readStored, writeStored } from '../base/stored.ts';
import type { Methods, QueryTarget } from '../../proto/live/methods.ts';
import type { TokenRange } from '../../proto/query/lexer.ts';
import type { Session } from './session.svelte.ts';

/** Recent queries that are kept; the oldest gives way. */
export const MAX_RECENT = 50;
/** Named queries that are kept; the one that was named first gives way. */
export const MAX_SAVED = 100;
/** Longer queries are not kept, in UTF-16 units: storage holds a few MB in all. */
export const MAX_KEPT_LENGTH = 4000;

/** A query that was given a name. */
export interface SavedQuery {
  readonly name: string;
  readonly text: string;
}

/** What asking and opening needs of the session. */
export type QueryAsker = Pick<Session, 'request'> & {
  readonly route: Pick<Session['route'], 'go'>;
};

/** The queries of one target, as a query box needs them. */
export class Queries {
  readonly #session: QueryAsker;
  readonly #target: QueryTarget;
  #recent = $state.raw<readonly string[]>([]);
  #saved = $state.raw<readonly SavedQuery[]>([]);

  constructor(session: QueryAsker, target: QueryTarget) {
    this.#session = session;
    this.#target = target;
    this.#recent = readList(this.#key('recent'), isText).slice(0, MAX_RECENT);
    this.#saved = readList(this.#key('saved'), isSaved).slice(-MAX_SAVED);
  }

  /** Newest first. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  /** In the order in which they were named. */
  get saved(): readonly SavedQuery[] {
    return this.#saved;
  }

  remember(text: string): void {
    if (text === '' || text.length > MAX_KEPT_LENGTH) return;
    this.#setRecent([text, ...this.#recent.filter((each) => each !== text)].slice(0, MAX_RECENT));
  }

  forget(text: string): void {
    this.#setRecent(this.#recent.filter((each) => each !== text));
  }

  /** Names a query. Another of that name gives way, and so does another name of that query. */
  save(name: string, text: string): void {
    if (name === '' || text === '' || text.length > MAX_KEPT_LENGTH) return;
    const others = this.#saved.filter((each) => each.name !== name && each.text !== text);
    this.#setSaved([...others, { name, text }].slice(-MAX_SAVED));
  }

  removeSaved(name: string): void {
    this.#setSaved(this.#saved.filter((each) => each.name !== name));
  }

  /** What is wrong with a query, or null. Rejects while there is no engine. */
  async check(text: string): Promise<(TokenRange & { readonly message: string }) | null> {
    const { error } = await this.#session.request('query.check', { text, target: this.#target });
    return error;
  }

  /** What can stand at the cursor. Rejects while there is no engine, and when `signal` aborts. */
  complete(
    text: string,
    cursor: number,
    signal: AbortSignal,
  ): Promise<Methods['query.complete']['result']> {
    return this.#session.request('query.complete', { text, cursor, target: this.#target }, signal);
  }

  /** Opens a trace; false when it is not in memory, or nobody can tell. */
  async openTrace(traceId: string): Promise<boolean> {
    const isThere = await this.#session
      .request('traces.rows', { traceIds: [traceId] })
      .then(({ traces }) => traces.length > 0)
      .catch(() => false); // While there is no engine there is no trace to open either.
    if (isThere) this.#session.route.go({ screen: 'trace', id: traceId });
    return isThere;
  }

  #key(list: 'recent' | 'saved'): string {
    return `queries.${this.#target}.${list}`;
  }

  #setRecent(recent: readonly string[]): void {
    this.#recent = recent;
    writeStored(this.#key('recent'), recent.length === 0 ? undefined : JSON.stringify(recent));
  }

  #setSaved(saved: readonly SavedQuery[]): void {
    this.#saved = saved;
    writeStored(this.#key('saved'), saved.length === 0 ? undefined : JSON.stringify(saved));
  }
}

/** The queries of a target, which all boxes of the session share. */
export function queriesOf(session: Session, target: QueryTarget): Queries {
  return session.keep(`queries.${target}`, () => new Queries(session, target));
}

/** A stored list; what is no part of one is left out. */
function readList<T>(key: string, isItem: (item: unknown) => item is T): T[] {
  try {
    const list: unknown = JSON.parse(readStored(key) ?? '[]');
    return Array.isArray(list) ? list.filter(isItem) : [];
  } catch {
    return []; // Text that something else wrote under our key.
  }
}

function isText(item: unknown): item is string {
  return typeof item === 'string' && item !== '' && item.length <= MAX_KEPT_LENGTH;
}

function isSaved(item: unknown): item is SavedQuery {
  if (typeof item !== 'object' || item === null) return false;
  const { name, text } = item as { name?: unknown; text?: unknown }; // Read as unknown, then tested.
  return typeof name === 'string' && name !== '' && isText(text);
}
