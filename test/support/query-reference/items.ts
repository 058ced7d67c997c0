/** What the reference evaluator reads: decoded spans and log records with what they belong to. */
import type { InstrumentationScope, LogRecord, Resource, Span } from '../../../proto/otlp/model.ts';

interface Owned {
  readonly service: string;
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
}

/** A decoded span; its ids are '' where the wire had none or one of a wrong length. */
export interface ReferenceSpan extends Owned {
  readonly type: 'span';
  readonly span: Span;
}

/** A decoded log record, with ids as a span has them. */
export interface ReferenceLog extends Owned {
  readonly type: 'log';
  readonly log: LogRecord;
  /** The time that the store files it under. */
  readonly timeUnixNano: bigint;
}

/** What a query of spans or log records is asked about. */
export type ReferenceItem = ReferenceSpan | ReferenceLog;

/** What is in memory: spans in order of arrival. */
export class ReferenceData {
  readonly spans: readonly ReferenceSpan[];
  readonly byTrace = new Map<string, ReferenceSpan[]>();

  constructor(spans: readonly ReferenceSpan[]) {
    this.spans = spans;
    for (const item of spans) {
      const same = this.byTrace.get(item.span.traceId);
      if (same === undefined) this.byTrace.set(item.span.traceId, [item]);
      else same.push(item);
    }
  }

  parentOf(item: ReferenceSpan): ReferenceSpan | undefined {
    const { traceId, spanId, parentSpanId } = item.span;
    if (parentSpanId === '' || parentSpanId === spanId) return undefined;
    return this.byTrace.get(traceId)?.find(({ span }) => span.spanId === parentSpanId);
  }

  rootOf(traceId: string): ReferenceSpan | undefined {
    let root: ReferenceSpan | undefined;
    for (const item of this.byTrace.get(traceId) ?? []) {
      if (item.span.parentSpanId !== '') continue;
      if (!root || item.span.startTimeUnixNano < root.span.startTimeUnixNano) root = item;
    }
    return root;
  }
}

/** The trace of a span or log record: '' where it has none. */
export function traceIdOf(item: ReferenceItem): string {
  return item.type === 'span' ? item.span.traceId : item.log.traceId;
}
