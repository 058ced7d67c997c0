/**
 * The slow, obvious store: an array of objects, searched from end to end. It learns from the real one
 * only how many items were evicted, and forgets that many of its oldest.
 */
import { spanBytes, hex, traceHex, type LogSpec, type SpanSpec } from './store-bodies.ts';

interface NaiveSpan {
  readonly spec: SpanSpec;
  readonly size: number;
  shared: boolean;
}

export class NaiveStore {
  spans: NaiveSpan[] = [];
  logs: LogSpec[] = [];
  duplicates = 0;
  readonly #firstSeen = new Map<number, number>();
  readonly #losers = new Set<number>();
  #tick = 0;

  takeSpans(specs: readonly SpanSpec[], size: (spec: SpanSpec) => number): void {
    for (const spec of specs) this.#takeSpan(spec, size(spec));
  }

  #takeSpan(spec: SpanSpec, size: number): void {
    const same = this.spans.filter(
      (span) => span.spec.trace === spec.trace && span.spec.id === spec.id,
    );
    const isPair = (kind: number | undefined): boolean => [kind, spec.kind].sort().join() === '2,3';
    const rivals = same.filter((span) => !isPair(span.spec.kind));
    const rival = rivals.find((span) => (span.spec.kind ?? 1) === (spec.kind ?? 1)) ?? rivals[0];
    if (rival !== undefined) {
      this.duplicates++;
      const wins =
        endOf(spec) > endOf(rival.spec) || (endOf(spec) === endOf(rival.spec) && size > rival.size);
      if (!wins) return;
      this.spans.splice(this.spans.indexOf(rival), 1);
    }
    const partner = same.find((span) => isPair(span.spec.kind));
    if (partner !== undefined) partner.shared = true;
    if (!this.spans.some((span) => span.spec.trace === spec.trace) && rival === undefined) {
      this.#firstSeen.set(spec.trace, this.#tick++);
      this.#losers.delete(spec.trace);
    }
    this.spans.push({ spec, size, shared: partner !== undefined });
  }

  takeLogs(specs: readonly LogSpec[]): void {
    this.logs.push(...specs);
  }

  evict(spans: number, logs: number): void {
    for (const { spec } of this.spans.splice(0, spans)) this.#losers.add(spec.trace);
    for (const spec of this.logs.splice(0, logs)) {
      if (spec.trace !== undefined) this.#losers.add(spec.trace);
    }
  }

  /** The lines that `printTraces` makes of the real one. */
  print(): string[] {
    const traces = [...new Set(this.spans.map((span) => span.spec.trace))];
    const seen = (trace: number): number => this.#firstSeen.get(trace) ?? -1;
    traces.sort((a, b) => seen(a) - seen(b));
    return traces.flatMap((trace) => this.#printTrace(trace));
  }

  #printTrace(trace: number): string[] {
    const spans = this.spans.filter(({ spec }) => spec.trace === trace);
    const logs = this.logs.filter((spec) => spec.trace === trace);
    const roots = spans.filter(({ spec }) => (spec.parent ?? 0) === 0);
    const start = Math.min(...spans.map(({ spec }) => spec.start ?? 0));
    const end = Math.max(...spans.map(({ spec }) => Math.max(endOf(spec), spec.start ?? 0)));
    const first = roots.toSorted((a, b) => (a.spec.start ?? 0) - (b.spec.start ?? 0))[0];
    const services = [...new Set(spans.map(({ spec }) => spec.service ?? 'svc'))].sort();
    const head =
      `${traceHex(trace)} spans ${spans.length} ` +
      `errors ${spans.filter(({ spec }) => spec.status === 2).length} roots ${roots.length} ` +
      `logs ${logs.length} start ${start} for ${Math.max(0, end - start)} ` +
      `root ${first === undefined ? 'none' : nameOf(first.spec)} services ${services.join(',')}` +
      (this.#losers.has(trace) ? ' partly' : '');
    return [
      head,
      ...spans.map((span) => `  ${this.#printSpan(span)}`),
      ...logs.map((spec) => `  log ${pad(spec.span ?? 0)} severity ${spec.severity ?? 9}`),
    ];
  }

  #printSpan({ spec, shared }: NaiveSpan): string {
    const parents = this.spans.filter(
      (span) => span.spec.trace === spec.trace && span.spec.id === spec.parent,
    );
    const parent = (spec.parent ?? 0) !== 0 && parents.length > 0;
    return (
      `${idOf(spec.id)} ${nameOf(spec)} kind ${spec.kind ?? 1} status ${spec.status ?? 0} ` +
      `${spec.start ?? 0}–${endOf(spec)} in ${spec.service ?? 'svc'}/${spec.scope ?? 'lib'} ` +
      `parent ${parent ? idOf(spec.parent ?? 0) : 'none'}${shared ? ' shared' : ''}`
    );
  }
}

function endOf(spec: SpanSpec): number {
  return spec.end ?? (spec.start ?? 0) + 10;
}

function nameOf(spec: SpanSpec): string {
  return spec.name ?? `span ${spec.id}`;
}

function idOf(id: number): string {
  return hex(spanBytes(id));
}

function pad(word: number): string {
  return word.toString(16).padStart(8, '0');
}
