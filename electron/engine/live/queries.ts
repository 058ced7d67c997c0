/** From filters, whose text is a query, to what decides about traces, spans and log records. */
import type { Filter } from '../../../proto/live/topics.ts';
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
    return isEmptyFilter(filter) ? null : new TraceMatcher(this.#store, filter);
  }

  spanTest(filter: Filter): RowTest | null {
    if (isEmptyFilter(filter)) return null;
    const matcher = new ItemMatcher(this.#store, filter);
    const { segments } = this.#store.spans;
    return { matches: (row) => matcher.judge('span', segments, row, []) === 'match' };
  }

  logTest(filter: Filter): RowTest | null {
    if (isEmptyFilter(filter)) return null;
    const matcher = new ItemMatcher(this.#store, filter);
    const { segments } = this.#store.logs;
    return { matches: (row) => matcher.judge('logRecord', segments, row, []) === 'match' };
  }
}
