/** From filters, whose text is a query, to what decides about traces, spans and log records. */
import type { QueryCheck } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { Filter } from '../../../proto/live/topics.ts';
import type { QueryError, QueryTarget } from '../query/ast.ts';
import { checkTarget } from '../query/check.ts';
import { parseQuery } from '../query/parser.ts';
import { printQuery } from '../query/print.ts';
import { isEmptyFilter, ItemMatcher } from '../query/text-filter.ts';
import { TraceMatcher } from '../query/trace-match.ts';
import type { StoreRead } from '../store/schema.ts';
import type { RowTest, TraceTest } from '../view/runtime.ts';

export class Queries {
  readonly #store: StoreRead;

  constructor(store: StoreRead) {
    this.#store = store;
  }

  /** null: everything matches. Throws LiveFailure `badParams` for a wrong query, as the others do. */
  traceTest(filter: Filter): TraceTest | null {
    this.require(filter, 'traces');
    return isEmptyFilter(filter) ? null : new TraceMatcher(this.#store, filter);
  }

  spanTest(filter: Filter): RowTest | null {
    this.require(filter, 'spans');
    if (isEmptyFilter(filter)) return null;
    const matcher = new ItemMatcher(this.#store, filter);
    const { segments } = this.#store.spans;
    return { matches: (row) => matcher.judge('span', segments, row, []) === 'match' };
  }

  logTest(filter: Filter): RowTest | null {
    this.require(filter, 'logs');
    if (isEmptyFilter(filter)) return null;
    const matcher = new ItemMatcher(this.#store, filter);
    const { segments } = this.#store.logs;
    return { matches: (row) => matcher.judge('logRecord', segments, row, []) === 'match' };
  }

  /** Throws for a filter that cannot be asked of the target. */
  require(filter: Filter, target: QueryTarget): void {
    const { error } = this.check(filter.text, target);
    if (error !== null) throw new LiveFailure({ code: 'badParams', ...error });
  }

  check(text: string, target: QueryTarget): QueryCheck {
    const parsed = parseQuery(text);
    const error = parsed.ok ? checkTarget(parsed.query, target) : parsed.error;
    if (!parsed.ok || error !== null) return wrong(text, error);
    return { ok: true, canonical: printQuery(parsed.query.root), error: null, explain: '' };
  }
}

function wrong(text: string, error: QueryError | null): QueryCheck {
  const { from, to, message } = error ?? { from: 0, to: text.length, message: '' };
  return { ok: false, canonical: text, error: { from, to, message }, explain: '' };
}
