/** The `latency` topic: the strip over the Traces screen's list. */
import type { LatencyParams } from '../../../../proto/live/topics.ts';
import { SpanLatencies, TraceLatencies } from '../../view/latency-source.ts';
import { LatencyStrip } from '../../view/latency-strip.ts';
import type { LiveContext } from '../context.ts';
import { readLatencyParams } from '../params.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

export const openLatency: OpenTopic = (context, params, wake) =>
  new LatencyTopic(context, params, wake);

/** The longest that one frame counts; drawing up its columns takes the rest of a slice. */
const COUNT_MS = 4;

class LatencyTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  readonly intervalMs = 250;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #key: string;
  #strip: LatencyStrip;
  #closeList: () => void = () => undefined;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    const wanted = readLatencyParams(params);
    this.#key = JSON.stringify(wanted);
    this.#strip = this.#open(wanted);
  }

  update(params: unknown): void {
    const wanted = readLatencyParams(params);
    const key = JSON.stringify(wanted);
    if (key === this.#key) return;
    const closeList = this.#closeList;
    this.#strip = this.#open(wanted);
    this.#key = key;
    closeList();
  }

  build(): Built {
    const { clock } = this.#context.options;
    const until = clock.ticksMs() + COUNT_MS;
    const { meta, columns, isComplete } = this.#strip.build(
      clock.nowMs(),
      () => clock.ticksMs() >= until,
    );
    return {
      frame: { kind: 'snapshot', meta, columns },
      staleInMs: isComplete ? (meta.searching ? this.intervalMs : null) : 1,
    };
  }

  close(): void {
    this.#closeList();
  }

  #open(params: LatencyParams): LatencyStrip {
    const { store, lists } = this.#context;
    const { filter } = params;
    if (params.by === 'traces') {
      const lease = lists.traces(filter, null, this.#wake);
      this.#closeList = () => {
        lease.close();
      };
      return new LatencyStrip(store, new TraceLatencies(lease.list, store), params);
    }
    const lease = lists.spans(filter, null, this.#wake);
    this.#closeList = () => {
      lease.close();
    };
    return new LatencyStrip(store, new SpanLatencies(lease.list, store), params);
  }
}
