/** From filters, whose text is a query, to what decides about traces, spans and log records. */
import type { QueryCheck } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { NO_FILTER, type Filter } from '../../../proto/live/topics.ts';
import type { RegexCompiler } from '../config.ts';
import type { QueryTarget } from '../query/ast.ts';
import { compile } from '../query/compile.ts';
import { explain } from '../query/explain.ts';
import { LogMatcher, SpanMatcher } from '../query/match.ts';
import { parseQuery } from '../query/parser.ts';
import type { CompiledQuery } from '../query/plan.ts';
import { printQuery } from '../query/print.ts';
import { TraceMatcher } from '../query/trace-match.ts';
import type { StoreRead } from '../store/schema.ts';
import type { RowTest, TraceTest } from '../view/runtime.ts';

export class Queries {
  readonly #store: StoreRead;
  readonly #regex: RegexCompiler;

  constructor(store: StoreRead, regex: RegexCompiler) {
    this.#store = store;
    this.#regex = regex;
  }

  /** Throws LiveFailure `badParams`, with the place in the text, for a wrong query. */
  compile(filter: Filter, target: QueryTarget): CompiledQuery {
    const compiled = compile(filter, target, this.#regex);
    if (compiled.ok) return compiled.query;
    const { from, to, message } = compiled.error;
    throw new LiveFailure({ code: 'badParams', message, from, to });
  }

  /** null: everything matches. Throws like `compile`, as the others do. */
  traceTest(filter: Filter): TraceTest | null {
    const query = this.compile(filter, 'traces');
    return query.isEmpty ? null : new TraceMatcher(this.#store, query);
  }

  spanTest(filter: Filter): RowTest | null {
    const query = this.compile(filter, 'spans');
    return query.isEmpty ? null : new SpanMatcher(this.#store, query);
  }

  logTest(filter: Filter): RowTest | null {
    const query = this.compile(filter, 'logs');
    return query.isEmpty ? null : new LogMatcher(this.#store, query);
  }

  /** Reads a query without asking it. */
  check(text: string, target: QueryTarget): QueryCheck {
    const compiled = compile({ ...NO_FILTER, text }, target, this.#regex);
    const parsed = parseQuery(text);
    if (!compiled.ok || !parsed.ok) {
      const error = compiled.ok ? null : compiled.error;
      const { from, to, message } = error ?? { from: 0, to: text.length, message: '' };
      return { ok: false, canonical: text, error: { from, to, message }, explain: '' };
    }
    const canonical = printQuery(parsed.query.root);
    return { ok: true, canonical, error: null, explain: explain(compiled.query) };
  }
}
