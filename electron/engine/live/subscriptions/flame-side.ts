/**
 * The traces of a filter, merged again whenever they change. A merge goes through all of them, so it
 * runs in slices, and whoever shows it waits `intervalMs` between two.
 */
import { LiveFailure } from '../../../../proto/live/protocol.ts';
import type { FlameSide } from '../../../../proto/live/topics.ts';
import { runSliced } from '../../query/slices.ts';
import { FieldKeys } from '../../view/merge-attribute.ts';
import { mergeTraces, type MergeOptions } from '../../view/merge-traces.ts';
import type { MergedTree } from '../../view/merge-tree.ts';
import type { TraceSet } from '../../view/trace-set.ts';
import type { LiveContext } from '../context.ts';
import { SideTraces } from '../side-traces.ts';

/** Least time from one merge to the next. */
const MIN_INTERVAL_MS = 1000;
/** A merge, with what went on beside it, takes at most a fifth of the time. */
const COST_FACTOR = 4;

export class MergedSide {
  readonly #context: LiveContext;
  readonly #wake: () => void;
  readonly #by: string;
  readonly #maxNodes: number | undefined;
  readonly #traces: SideTraces;
  #cursor = 0;
  /** Traces that the last merge went through. */
  #merging = 0;
  #isOld = true;
  #tree: MergedTree | undefined;
  #mergedAtMs = 0;
  #costMs = 0;
  #isReady = false;
  #stop: (() => void) | undefined;

  /**
   * `by`: what spans are folded by, '' for service and operation. `wake` is called when a search or a
   * merge went on. Throws LiveFailure `badParams`.
   */
  constructor(
    context: LiveContext,
    side: FlameSide,
    by: string,
    wake: () => void,
    maxNodes?: number,
  ) {
    this.#context = context;
    this.#wake = wake;
    this.#by = by;
    this.#maxNodes = maxNodes;
    foldingOf(by);
    this.#traces = new SideTraces(context, side, wake);
  }

  /** Traces of the query and the range of time; `has` says which of them are of the side. */
  get list(): TraceSet {
    return this.#traces.list;
  }

  /** Traces of the side, as of the last merge where not all of the list are. */
  get matched(): number {
    return this.#traces.isWhole ? this.list.count : this.#merging;
  }

  /** Rows of the newest traces, at most `most`. A copy. */
  newest(most: number): Int32Array {
    return this.#traces.newest(most);
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
    this.#isOld ||= overflow || rows.some((row) => this.#isOfInterest(row));
    if (this.#isOld && this.#stop === undefined && !this.#isReady) this.#merge();
    this.#isReady = false;
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#isReady = false;
    this.#traces.close();
  }

  /** Whether a change at a row can change the merge: what left the list may have been of the side. */
  #isOfInterest(row: number): boolean {
    return !this.list.has(row) || this.#traces.has(row);
  }

  #merge(): void {
    const { store, options } = this.#context;
    const { clock } = options;
    const startedMs = clock.ticksMs();
    const nowMs = clock.nowMs();
    const most = this.#maxNodes === undefined ? {} : { maxNodes: this.#maxNodes };
    // Oldest first, as traces lie in memory.
    const rows = this.#traces.newest().reverse();
    this.#merging = rows.length;
    const steps = mergeTraces(store, rows, { ...foldingOf(this.#by), ...most });
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

/** Keys for what is folded by. Throws LiveFailure `badParams` where that cannot be. */
function foldingOf(by: string): Pick<MergeOptions, 'keys' | 'joinsEqual'> {
  if (by === '') return {};
  const keys = FieldKeys.of(by);
  if (!(keys instanceof FieldKeys)) {
    throw new LiveFailure({ code: 'badParams', message: keys.message });
  }
  return { keys, joinsEqual: true };
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
