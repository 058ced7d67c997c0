/**
 * Merges traces of the store into one flame graph, a bounded amount of work at a time.
 *
 * ```
 *   trace row ─► TraceReader ─► TraceShares ─► Fold ─► finishTree
 *               its columns    self, own      nodes    ordered, bounded
 * ```
 */
import type { StoreRead } from '../store/schema.ts';
import { Fold } from './merge-fold.ts';
import { OperationKeys, type MergeKeys } from './merge-keys.ts';
import { TraceReader } from './merge-read.ts';
import { TraceShares } from './merge-share.ts';
import { finishTree } from './merge-finish.ts';
import type { MergedTree } from './merge-tree.ts';

export interface MergeOptions {
  /** What spans are folded by; service and name when it is left out. */
  readonly keys?: MergeKeys;
  /** Whether spans whose parents have the same key are counted with them; false when left out. */
  readonly joinsEqual?: boolean;
  /** Nodes of the result, without those that stand for what is left out. */
  readonly maxNodes?: number;
  /** Paths that are told apart while folding. */
  readonly maxPaths?: number;
}

/** More boxes than a screen has pixels to tell apart. */
const MAX_NODES = 8192;

/** Spans between two yields: a fraction of a millisecond. */
const STEP_SPANS = 2048;

/**
 * Merges the traces at these rows; those that are evicted meanwhile are left out. The generator yields
 * about every 2048 spans, so that it can be run in slices (`runSliced`) and dropped at any time, and
 * returns the tree. A trace is read in one step, for its rows may be gone in the next
 * one: the longest step grows with the largest trace (test/bench/merge.bench.ts). O(spans).
 */
export function mergeTraces(
  store: StoreRead,
  traceRows: Int32Array,
  options: MergeOptions = {},
): Generator<undefined, MergedTree> {
  // At once, not with the first step: the rows may be a live view.
  const rows = traceRows.slice();
  const ordinals = Float64Array.from(rows, (row) => store.traces.ordinalOf(row));
  return merge(store, rows, ordinals, options);
}

/** What a merge works with, but for the store. */
interface Parts {
  readonly keys: OperationKeys;
  readonly trace: TraceReader;
  readonly shares: TraceShares;
  readonly fold: Fold;
}

/**
 * Parts that no merge uses: two, for comparisons. They are used again because V8 throws compiled code
 * away with the last object of the shape it was compiled for, and gives up on what is compiled over and
 * over: a merge would be five times slower (test/bench/merge.bench.ts collects garbage between any two).
 */
const idle: Parts[] = [];
const MAX_IDLE = 2;

function takeParts(): Parts {
  const known = idle.pop();
  if (known !== undefined) return known;
  const trace = new TraceReader();
  return { keys: new OperationKeys(), trace, shares: new TraceShares(trace), fold: new Fold() };
}

function giveBack(parts: Parts): void {
  parts.keys.clear();
  parts.trace.clear();
  parts.shares.clear();
  parts.fold.clear();
  if (idle.length < MAX_IDLE) idle.push(parts);
}

/** `ordinals` tell whether a row is still of the trace that was meant. */
function* merge(
  store: StoreRead,
  rows: Int32Array,
  ordinals: Float64Array,
  options: MergeOptions,
): Generator<undefined, MergedTree> {
  const parts = takeParts();
  const keys = options.keys ?? parts.keys;
  const { fold } = parts;
  try {
    fold.clear(options.maxPaths, options.joinsEqual);
    yield* foldTraces(store, rows, ordinals, keys, parts);
    const { traceCount, spanCount, busyNs } = fold;
    const sums = { traceCount, spanCount, busyNs };
    return yield* finishTree(fold, keys, options.maxNodes ?? MAX_NODES, sums);
  } finally {
    giveBack(parts);
  }
}

function* foldTraces(
  store: StoreRead,
  rows: Int32Array,
  ordinals: Float64Array,
  keys: MergeKeys,
  { trace, shares, fold }: Parts,
): Generator<undefined, void> {
  const { traces, spans } = store;
  let generation = -1;
  let left = STEP_SPANS;
  for (let i = 0; i < rows.length; i++) {
    if (!traces.isLive(rows[i], ordinals[i]) || traces.spanCountOf(rows[i]) === 0) continue;
    if (spans.generation !== generation) keys.refresh();
    generation = spans.generation;
    trace.read(store, keys, rows[i]);
    left -= trace.total;
    // What was read are copies: a large trace is gone through in steps.
    const isLarge = trace.total > STEP_SPANS;
    if (isLarge) yield;
    shares.begin();
    if (isLarge) yield;
    shares.orderEnds();
    if (isLarge) yield;
    while (!shares.advance(STEP_SPANS)) yield;
    fold.begin(trace, shares);
    for (let from = 0; from < trace.total; from += STEP_SPANS) {
      fold.add(trace, shares, from, Math.min(trace.total, from + STEP_SPANS));
      if (isLarge) yield;
    }
    if (left <= 0) {
      left = STEP_SPANS;
      yield;
    }
  }
}

/** Runs a merge to its end at once. */
export function finishMerge(steps: Generator<undefined, MergedTree>): MergedTree {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
