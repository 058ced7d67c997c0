/**
 * The `flame` topic: the traces of a filter merged into one flame graph. A merge goes through all of
 * them, so one starts only when they changed, and merging takes a bounded share of the time.
 *
 * ```
 *   traces change ──▶ build ──▶ merge in slices ──▶ wake ──▶ build ──▶ frame
 * ```
 */
import type { FlameColumns, FlameMeta } from '../../../../proto/live/topics.ts';
import { runSliced } from '../../query/slices.ts';
import { mergeTraces } from '../../view/merge-traces.ts';
import type { MergedTree } from '../../view/merge-tree.ts';
import type { TraceSet } from '../../view/trace-set.ts';
import type { LiveContext } from '../context.ts';
import { readFlameParams } from '../params.ts';
import type { Lease } from '../shared-lists.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

/** Least time from one merge to the next. */
const MIN_INTERVAL_MS = 1000;
/** A merge, with what went on beside it, takes at most a fifth of the time. */
const COST_FACTOR = 4;

export const openFlame: OpenTopic = (context, params, wake) =>
  new FlameTopic(context, params, wake);

class FlameTopic implements TopicSource {
  readonly triggers = ['traces'] as const;
  readonly #context: LiveContext;
  readonly #wake: () => void;
  #key: string;
  #lease: Lease<TraceSet>;
  #cursor = 0;
  #isOld = true;
  #tree: MergedTree | undefined;
  #mergedAtMs = 0;
  #costMs = 0;
  /** A tree that no frame has shown waits. */
  #isReady = false;
  #stop: (() => void) | undefined;

  constructor(context: LiveContext, params: unknown, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
    const { filter } = readFlameParams(params);
    this.#key = JSON.stringify(filter);
    this.#lease = context.lists.traces(filter, null, wake);
  }

  /** A finished tree goes out at once. */
  get intervalMs(): number {
    return this.#isReady ? 0 : Math.max(MIN_INTERVAL_MS, COST_FACTOR * this.#costMs);
  }

  update(params: unknown): void {
    const { filter } = readFlameParams(params);
    const key = JSON.stringify(filter);
    if (key === this.#key) return;
    const lease = this.#context.lists.traces(filter, null, this.#wake);
    this.close();
    this.#lease = lease;
    this.#key = key;
    this.#cursor = 0;
    this.#isOld = true;
    this.#tree = undefined;
    this.#mergedAtMs = 0;
    this.#costMs = 0;
  }

  build(): Built {
    const { list } = this.#lease;
    list.refresh();
    const { rows, cursor, overflow } = list.changesSince(this.#cursor);
    this.#cursor = cursor;
    this.#isOld ||= overflow || rows.length > 0;
    if (this.#isOld && this.#stop === undefined && !this.#isReady) this.#merge();
    this.#isReady = false;
    const isWaiting = this.#isOld || list.isSearching;
    return {
      frame: { kind: 'snapshot', meta: this.#meta(), columns: columnsOf(this.#tree) },
      staleInMs: isWaiting && this.#stop === undefined ? this.intervalMs : null,
    };
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#isReady = false;
    this.#lease.close();
  }

  /** Small sets are merged when this returns, large ones wake the subscription when they are. */
  #merge(): void {
    const { store, options } = this.#context;
    const { clock } = options;
    const startedMs = clock.ticksMs();
    const nowMs = clock.nowMs();
    const steps = mergeTraces(store, rowsOf(this.#lease.list));
    let isStarting = true;
    let isDone = false;
    this.#isOld = false;
    const stop = runSliced(options, () => {
      const step = steps.next();
      if (step.done !== true) return false;
      isDone = true;
      this.#tree = step.value;
      this.#mergedAtMs = nowMs;
      this.#costMs = clock.ticksMs() - startedMs;
      this.#stop = undefined;
      this.#isReady = true;
      if (!isStarting) this.#wake();
      return true;
    });
    isStarting = false;
    if (isDone) return;
    this.#stop = () => {
      stop();
      // Gives back what the merge has borrowed.
      steps.return(NO_TREE);
    };
  }

  #meta(): FlameMeta {
    const { list } = this.#lease;
    const tree = this.#tree ?? NO_TREE;
    return {
      merged: this.#tree !== undefined,
      matched: list.count,
      total: this.#context.store.traces.count,
      searching: list.isSearching,
      mergedAtMs: this.#mergedAtMs,
      traceCount: tree.traceCount,
      spanCount: tree.spanCount,
      busyNs: tree.busyNs,
      strings: tree.strings,
    };
  }
}

/** Oldest first, as traces lie in memory. */
function rowsOf(list: TraceSet): Int32Array {
  const newest = list.newest();
  return Int32Array.from({ length: newest.length }, (_, i) => newest.rowAt(newest.length - 1 - i));
}

const NO_TREE: MergedTree = {
  nodeCount: 0,
  parent: new Int32Array(0),
  depth: new Int32Array(0),
  kind: new Uint8Array(0),
  nameStr: new Int32Array(0),
  serviceStr: new Int32Array(0),
  totalNs: new Float64Array(0),
  selfNs: new Float64Array(0),
  attributedNs: new Float64Array(0),
  count: new Uint32Array(0),
  errors: new Uint32Array(0),
  traces: new Uint32Array(0),
  strings: [],
  traceCount: 0,
  spanCount: 0,
  busyNs: 0,
};

function columnsOf(tree: MergedTree = NO_TREE): FlameColumns {
  const { parent, depth, kind, nameStr, serviceStr } = tree;
  const { totalNs, selfNs, attributedNs, count, errors, traces } = tree;
  return {
    parent,
    depth,
    kind,
    nameStr,
    serviceStr,
    totalNs,
    selfNs,
    attributedNs,
    count,
    errors,
    traces,
  };
}
