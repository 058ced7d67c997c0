/** Follows the traces of an instance, each when it is finished. */
import type { LiveClient, TopicFrame } from '../../../proto/live/client.ts';
import type { TraceItem } from '../../../proto/live/methods.ts';
import type { Filter } from '../../../proto/live/topics.ts';
import type { TailSink } from './tail-logs.ts';

/** One finished trace of the tail. */
export interface TailedTrace extends TraceItem {
  readonly type: 'trace';
}

/** A trace is finished when no span came for so long: after its root, or without one. */
const QUIET_MS = 1000;
const ROOTLESS_MS = 5000;
const LOOK_EVERY_MS = 250;
const WINDOW = 500;
/** Traces that are waited for; the oldest fall out. */
const MAX_PENDING = 20_000;

interface Pending {
  spanCount: number;
  hasRoot: boolean;
  changedMs: number;
}

/**
 * Prints traces that are first seen from now on. The list's window tells of new ones, and those that
 * are due are asked for by their ids. The result stops it.
 */
export function tailTraces(
  live: LiveClient,
  filter: Filter,
  sink: TailSink<TailedTrace>,
): () => void {
  const tail = new TraceTail(live, sink);
  const subscription = live.subscribe(
    'traces',
    { filter, anchor: null, first: 0, count: WINDOW },
    {
      frame: (frame) => {
        tail.take(frame);
      },
      ended: (error) => {
        sink.ended(error.message);
      },
    },
  );
  const timer = setInterval(() => {
    tail.look().catch(() => {
      clearInterval(timer); // The reader or the instance went away, which is told elsewhere.
      subscription.close();
    });
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}

class TraceTail {
  readonly #live: LiveClient;
  readonly #sink: TailSink<TailedTrace>;
  /** By trace id, in order of first sight. */
  readonly #pending = new Map<string, Pending>();
  /** Ordinal of the newest trace that was there before, or was taken; -2 before the first frame. */
  #newest = -2;
  #entered = 0;
  #missed = 0;
  #isLooking = false;

  constructor(live: LiveClient, sink: TailSink<TailedTrace>) {
    this.#live = live;
    this.#sink = sink;
  }

  take({ meta, columns }: TopicFrame<'traces'>): void {
    const entered = meta.entered - this.#entered;
    this.#entered = meta.entered;
    const isFirst = this.#newest === -2;
    const before = this.#newest;
    this.#newest = Math.max(this.#newest, meta.newestOrdinal, -1);
    if (isFirst) return;
    const rows = columns.ordinal.length - meta.pinned;
    let fresh = 0;
    for (let i = rows - 1; i >= 0; i--) {
      if ((columns.ordinal[i] ?? 0) <= before) continue;
      fresh++;
      const traceId = hexOf(columns.traceId.subarray(i * 16, i * 16 + 16));
      this.#pending.set(traceId, { spanCount: 0, hasRoot: false, changedMs: performance.now() });
    }
    // A window full of new traces may not be all of them.
    if (fresh === WINDOW) this.#missed += Math.max(0, entered - WINDOW);
    for (const traceId of this.#pending.keys()) {
      if (this.#pending.size <= MAX_PENDING) break;
      this.#pending.delete(traceId);
      this.#missed++;
    }
  }

  /** Asks for the traces that may be finished, and writes those that are. */
  async look(): Promise<void> {
    if (this.#isLooking) return; // Slower than the stream: the next look goes on.
    this.#isLooking = true;
    try {
      const nowMs = performance.now();
      const due: string[] = [];
      for (const [traceId, { hasRoot, spanCount, changedMs }] of this.#pending) {
        const waitMs = hasRoot || spanCount === 0 ? QUIET_MS : ROOTLESS_MS;
        const isUnseen = spanCount === 0;
        if (isUnseen || nowMs - changedMs >= waitMs) due.push(traceId);
      }
      for (let at = 0; at < due.length; at += WINDOW) await this.#ask(due.slice(at, at + WINDOW));
      const missed = this.#missed;
      this.#missed = 0;
      if (missed > 0) await this.#sink.missed(missed);
    } finally {
      this.#isLooking = false;
    }
  }

  async #ask(traceIds: readonly string[]): Promise<void> {
    const { traces } = await this.#live.request('traces.rows', { traceIds });
    const nowMs = performance.now();
    const byId = new Map(traces.map((trace) => [trace.traceId, trace]));
    const finished: TailedTrace[] = [];
    for (const traceId of traceIds) {
      const pending = this.#pending.get(traceId);
      if (pending === undefined) continue;
      const trace = byId.get(traceId);
      if (trace === undefined) {
        this.#pending.delete(traceId); // Evicted before it was finished.
        this.#missed++;
      } else if (pending.spanCount !== trace.spanCount || pending.hasRoot !== trace.hasRoot) {
        pending.spanCount = trace.spanCount;
        pending.hasRoot = trace.hasRoot;
        pending.changedMs = nowMs;
      } else {
        this.#pending.delete(traceId);
        finished.push({ type: 'trace', ...trace });
      }
    }
    if (finished.length > 0) await this.#sink.write(finished);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
