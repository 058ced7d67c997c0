/**
 * The obvious store, as most viewers have it: protobufjs decodes a request, the decoded messages are
 * kept, a Map holds the traces, and questions walk the objects. What the real store is compared with in
 * the benches. Bytes fields are views of the body, which they keep alive.
 */
import { requestType } from './otlp/proto-root.ts';

export interface ObjectSpan {
  readonly message: DecodedSpan;
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly service: string;
}

export interface ObjectTrace {
  readonly traceId: string;
  /** By span id. */
  readonly spans: Map<string, ObjectSpan>;
}

/** A rectangle of the flame graph; times in ns since the trace's start. */
export interface ObjectBox {
  readonly span: ObjectSpan;
  readonly x0: number;
  readonly x1: number;
  readonly lane: number;
  readonly selfNs: number;
}

interface Attribute {
  readonly key: string;
  readonly value?: { readonly stringValue?: string };
}

/** 64-bit fields are objects of the package long where it is installed, else numbers. */
type Fixed64 = number | { toNumber(): number };

interface DecodedSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly startTimeUnixNano: Fixed64;
  readonly endTimeUnixNano: Fixed64;
  readonly attributes: readonly Attribute[];
}

interface DecodedRequest {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[];
  }[];
}

export class ObjectStore {
  /** By trace id, in order of arrival. */
  readonly traces = new Map<string, ObjectTrace>();
  spanCount = 0;
  duplicates = 0;

  /** Takes one export request of traces, which is copied as a socket's would be. */
  ingest(body: Uint8Array): void {
    const request = requestType('traces').decode(new Uint8Array(body)) as unknown as DecodedRequest;
    for (const { resource, scopeSpans } of request.resourceSpans) {
      const named = resource?.attributes.find(({ key }) => key === 'service.name');
      const service = named?.value?.stringValue ?? '';
      for (const { spans } of scopeSpans) for (const span of spans) this.#take(span, service);
    }
  }

  #take(decoded: DecodedSpan, service: string): void {
    const span: ObjectSpan = {
      message: decoded,
      traceId: hex(decoded.traceId),
      spanId: hex(decoded.spanId),
      parentSpanId: hex(decoded.parentSpanId),
      service,
    };
    let trace = this.traces.get(span.traceId);
    if (trace === undefined) {
      trace = { traceId: span.traceId, spans: new Map() };
      this.traces.set(span.traceId, trace);
    }
    if (trace.spans.has(span.spanId)) {
      this.duplicates++;
      return;
    }
    trace.spans.set(span.spanId, span);
    this.spanCount++;
  }

  find(traceId: string): ObjectTrace | undefined {
    return this.traces.get(traceId);
  }

  /** A window of the list, newest first: what a row shows. */
  list(first: number, count: number): { name: string; spans: number; durationNs: number }[] {
    return [...this.traces.values()]
      .reverse()
      .slice(first, first + count)
      .map(({ spans }) => {
        const all = [...spans.values()];
        const root = all.find(({ parentSpanId }) => parentSpanId === '');
        const durationNs = lastEnd(all) - firstStart(all);
        return { name: root?.message.name ?? '', spans: all.length, durationNs };
      });
  }

  /** Traces of which a span has an attribute whose text holds `text`, whatever the case. */
  tracesWith(text: string): ObjectTrace[] {
    const wanted = text.toLowerCase();
    return [...this.traces.values()].filter(({ spans }) =>
      [...spans.values()].some(({ message }) =>
        message.attributes.some(
          ({ value }) => value?.stringValue?.toLowerCase().includes(wanted) === true,
        ),
      ),
    );
  }

  /** Boxes of one trace, depth first; children that overlap get lanes of their own. */
  layout(traceId: string): ObjectBox[] {
    const spans = [...(this.traces.get(traceId)?.spans.values() ?? [])];
    const traceStartNs = firstStart(spans);
    const known = new Set(spans.map(({ spanId }) => spanId));
    const children = new Map<string, ObjectSpan[]>();
    for (const span of spans) {
      const parent = known.has(span.parentSpanId) ? span.parentSpanId : '';
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [span]);
      else siblings.push(span);
    }
    const boxes: ObjectBox[] = [];
    const visit = (parent: string, depth: number): void => {
      const own = children.get(parent) ?? [];
      own.sort((a, b) => startOf(a) - startOf(b));
      const laneEnds: number[] = [];
      for (const span of own) {
        let lane = laneEnds.findIndex((endNs) => endNs <= startOf(span));
        if (lane < 0) lane = laneEnds.length;
        laneEnds[lane] = endOf(span);
        boxes.push({
          span,
          x0: startOf(span) - traceStartNs,
          x1: endOf(span) - traceStartNs,
          lane: depth + lane,
          selfNs: selfTime(span, children.get(span.spanId) ?? []),
        });
        visit(span.spanId, depth + lane + 1);
      }
    };
    visit('', 0);
    return boxes;
  }
}

/** Takes the empty array that stands for a bytes field that is not set, too. */
function hex(bytes: ArrayLike<number>): string {
  return Buffer.from(bytes).toString('hex');
}

/** As a double: 256 ns are lost, which is part of being obvious. */
function nanoseconds(value: Fixed64): number {
  return typeof value === 'number' ? value : value.toNumber();
}

function startOf({ message }: ObjectSpan): number {
  return nanoseconds(message.startTimeUnixNano);
}

function endOf({ message }: ObjectSpan): number {
  return nanoseconds(message.endTimeUnixNano);
}

function firstStart(spans: readonly ObjectSpan[]): number {
  return spans.reduce((first, span) => Math.min(first, startOf(span)), Infinity);
}

function lastEnd(spans: readonly ObjectSpan[]): number {
  return spans.reduce((last, span) => Math.max(last, endOf(span)), -Infinity);
}

/** What of a span is covered by none of its children. */
function selfTime(span: ObjectSpan, children: readonly ObjectSpan[]): number {
  let selfNs = endOf(span) - startOf(span);
  let coveredTo = startOf(span);
  for (const child of [...children].sort((a, b) => startOf(a) - startOf(b))) {
    const from = Math.max(startOf(child), coveredTo);
    const to = Math.min(endOf(child), endOf(span));
    if (to <= from) continue;
    selfNs -= to - from;
    coveredTo = to;
  }
  return selfNs;
}
