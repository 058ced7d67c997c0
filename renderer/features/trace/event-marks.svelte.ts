/** When the events of the spans in view took place: asked for as rows come into view, and kept. */
import type { TraceLayout } from '../../canvas/layout-model.ts';
import type { EventMark } from '../../canvas/waterfall-painter.ts';
import type { TraceState } from './trace-state.svelte.ts';

/** Scrolling rests this long before the engine is asked. */
const REST_MS = 80;
const MOST_SPANS = 200;

export class EventMarks {
  readonly #trace: TraceState;
  /** By span id. Spans that were asked for have an entry, empty until the answer. */
  #marks = $state.raw<ReadonlyMap<string, readonly EventMark[]>>(new Map());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(trace: TraceState) {
    this.#trace = trace;
  }

  get marks(): ReadonlyMap<string, readonly EventMark[]> {
    return this.#marks;
  }

  /** These boxes are in view. */
  want(layout: TraceLayout, boxes: readonly number[]): void {
    clearTimeout(this.#timer);
    const missing = boxes
      .filter((box) => (layout.columns.eventCount[box] ?? 0) > 0)
      .map((box) => layout.spanId(box))
      .filter((spanId) => !this.#marks.has(spanId))
      .slice(0, MOST_SPANS);
    if (missing.length > 0) this.#timer = setTimeout(() => this.#ask(missing), REST_MS);
  }

  #ask(spanIds: readonly string[]): void {
    const { session, traceId } = this.#trace;
    session.request('trace.events', { traceId, spanIds }).then(
      ({ spans }) => {
        const marks = new Map(this.#marks);
        for (const spanId of spanIds) marks.set(spanId, []);
        for (const { spanId, events } of spans) marks.set(spanId, events);
        this.#marks = marks;
      },
      () => {
        // Without an answer the bars have no marks; the next rows in view ask again.
      },
    );
  }
}
