/**
 * The traces of a filter, merged again whenever they change. A merge goes through all of them, so it
 * runs in slices, and whoever shows it waits `intervalMs` between two.
 */
import type { Filter } from '../../../../proto/live/topics.ts';
import { runSliced } from '../../query/slices.ts';
import { mergeTraces } from '../../view/merge-traces.ts';
import type { MergedTree } from '../../view/merge-tree.ts';
import type { TraceSet } from '../../view/trace-set.ts';
import type { LiveContext } from '../context.ts';
import type { Lease } from '../shared-lists.ts';

/** Least time from one merge to the next. */
const MIN_INTERVAL_MS = 1000;
/** A merge, with what went on beside it, takes at most a fifth of the time. */
const COST_FACTOR = 4;

export class MergedSide {
  readonly #context: LiveContext;
  readonly #wake: () => void;
  readonly #maxNodes: number | undefined;
  readonly #lease: Lease<TraceSet>;
  #cursor = 0;
  #isOld = true;
  #tree: MergedTree | undefined;
  #mergedAtMs = 0;
  #costMs = 0;
  #isReady = false;
  #stop: (() => void) | undefined;

  /** `wake` is called when a search or a merge went on. Throws LiveFailure for a wrong query. */
  constructor(context: LiveContext, filter: Filter, wake: () => void, maxNodes?: number) {
    this.#context = context;
    this.#wake = wake;
    this.#maxNodes = maxNodes;
    this.#lease = context.lists.traces(filter, null, wake);
  }

  get list(): TraceSet {
    return this.#lease.list;
  }

  /** The last whole merge. */
  get tree(): MergedTree | undefined {
    return this.#tree;
  }

  /** When it began, ms since the Unix epoch; 0 before the first. */
  get mergedAtMs(): number {
    return this.#mergedAtMs;
  }

  /** Least time between two builds; a finished tree goes out at once. */
  get intervalMs(): number {
    return this.#isReady ? 0 : Math.max(MIN_INTERVAL_MS, COST_FACTOR * this.#costMs);
  }

  /** Whether a change waits for a merge that nothing else will start. */
  get isWaiting(): boolean {
    return (this.#isOld || this.list.isSearching) && this.#stop === undefined;
  }

  /** Takes in what changed, and begins to merge it. Few traces are merged when this returns. */
  refresh(): void {
    const { list } = this;
    list.refresh();
    const { rows, cursor, overflow } = list.changesSince(this.#cursor);
    this.#cursor = cursor;
    this.#isOld ||= overflow || rows.length > 0;
    if (this.#isOld && this.#stop === undefined && !this.#isReady) this.#merge();
    this.#isReady = false;
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#isReady = false;
    this.#lease.close();
  }

  #merge(): void {
    const { store, options } = this.#context;
    const { clock } = options;
    const startedMs = clock.ticksMs();
    const nowMs = clock.nowMs();
    const most = this.#maxNodes === undefined ? {} : { maxNodes: this.#maxNodes };
    const steps = mergeTraces(store, rowsOf(this.list), most);
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
}

/** Oldest first, as traces lie in memory. */
function rowsOf(list: TraceSet): Int32Array {
  const newest = list.newest();
  return Int32Array.from({ length: newest.length }, (_, i) => newest.rowAt(newest.length - 1 - i));
}

/** A tree of no traces. */
export const NO_TREE: MergedTree = {
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
