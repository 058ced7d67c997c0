/** Folds traces into the nodes of a merged tree, one trace after the other. */
import { NO_PARENT } from './flame-input.ts';
import { KEPT_NODES, resized, type TraceReader } from './merge-read.ts';
import type { TraceShares } from './merge-share.ts';
import { FOLD_KEY, type FoldedNodes } from './merge-tree.ts';

/**
 * Nodes that are told apart while folding, which bounds memory (about 4 MB) and the longest pause.
 * Paths that come when there are so many are counted into `other` below the node that has them.
 */
const MAX_PATHS = 1 << 16;

export class Fold implements FoldedNodes {
  length = 0;
  parent = new Int32Array(256);
  key = new Int32Array(256);
  totalNs = new Float64Array(256);
  selfNs = new Float64Array(256);
  ownNs = new Float64Array(256);
  count = new Uint32Array(256);
  errors = new Uint32Array(256);
  traces = new Uint32Array(256);
  traceCount = 0;
  spanCount = 0;
  busyNs = 0;
  /** Number of the last trace that a node had a span of, from 1. */
  #lastTrace = new Uint32Array(256);
  /** Node + 1 by the hash of parent and key: open addressing, at most half full. */
  #table = new Int32Array(512);
  #paths = 0;
  #maxPaths = MAX_PATHS;
  #joinsEqual = false;
  /** Node of this tree, by node of the trace. */
  #nodeOf = new Int32Array(64);

  /**
   * Starts with no nodes; `maxPaths` at most are told apart. `joinsEqual`: a span with the key of its
   * parent is counted where that is.
   */
  clear(maxPaths = MAX_PATHS, joinsEqual = false): void {
    this.#maxPaths = maxPaths;
    this.#joinsEqual = joinsEqual;
    this.#paths = 0;
    this.length = 0;
    this.traceCount = 0;
    this.spanCount = 0;
    this.busyNs = 0;
    this.#resize(256);
    const { totalNs, selfNs, ownNs, count, errors, traces } = this;
    for (const column of [totalNs, selfNs, ownNs, count, errors, traces]) column.fill(0);
    this.#lastTrace.fill(0);
    this.#table = new Int32Array(512);
    if (this.#nodeOf.length > KEPT_NODES) this.#nodeOf = new Int32Array(64);
  }

  /** Starts with another trace. */
  begin(trace: TraceReader, shares: TraceShares): void {
    if (this.#nodeOf.length < trace.total) {
      this.#nodeOf = new Int32Array(Math.max(trace.total, this.#nodeOf.length * 2));
    }
    this.traceCount++;
    this.spanCount += trace.count;
    this.busyNs += shares.busyNs;
  }

  /** Adds the nodes [from, to) of the order of the trace that was begun. Hot loop. */
  add(trace: TraceReader, shares: TraceShares, from: number, to: number): void {
    const { start, end, parent, key, isError, order } = trace;
    const { selfNs, ownNs } = shares;
    const nodeOf = this.#nodeOf;
    const joinsEqual = this.#joinsEqual;
    for (let i = from; i < to; i++) {
      const span = order[i];
      const above = parent[span] === NO_PARENT ? -1 : nodeOf[parent[span]];
      const isJoined = joinsEqual && above !== -1 && this.key[above] === key[span];
      const node = isJoined ? above : this.#childOf(above, key[span]);
      nodeOf[span] = node;
      // Inside `other`, and of what is joined, durations lie in each other.
      if (node !== above) this.totalNs[node] += end[span] - start[span];
      this.selfNs[node] += selfNs[span];
      this.ownNs[node] += ownNs[span];
      this.count[node]++;
      this.errors[node] += isError[span];
      if (this.#lastTrace[node] !== this.traceCount) {
        this.#lastTrace[node] = this.traceCount;
        this.traces[node]++;
      }
    }
  }

  #childOf(above: number, key: number): number {
    if (above !== -1 && this.key[above] === FOLD_KEY.other) return above;
    const found = this.#find(above, key);
    if (found !== -1) return found;
    if (this.#paths < this.#maxPaths && key !== FOLD_KEY.other) {
      this.#paths++;
      return this.#add(above, key);
    }
    const other = this.#find(above, FOLD_KEY.other);
    return other === -1 ? this.#add(above, FOLD_KEY.other) : other;
  }

  #find(above: number, key: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = hashOf(above, key) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const node = table[at] - 1;
      if (this.key[node] === key && this.parent[node] === above) return node;
    }
    return -1;
  }

  #add(above: number, key: number): number {
    if (this.length === this.parent.length) this.#resize(this.length * 2);
    const node = this.length++;
    this.parent[node] = above;
    this.key[node] = key;
    insert(this.#table, above, key, node);
    if (this.length * 2 > this.#table.length) {
      this.#table = new Int32Array(this.#table.length * 2);
      for (let i = 0; i < this.length; i++) insert(this.#table, this.parent[i], this.key[i], i);
    }
    return node;
  }

  #resize(size: number): void {
    this.parent = resized(new Int32Array(size), this.parent);
    this.key = resized(new Int32Array(size), this.key);
    this.totalNs = resized(new Float64Array(size), this.totalNs);
    this.selfNs = resized(new Float64Array(size), this.selfNs);
    this.ownNs = resized(new Float64Array(size), this.ownNs);
    this.count = resized(new Uint32Array(size), this.count);
    this.errors = resized(new Uint32Array(size), this.errors);
    this.traces = resized(new Uint32Array(size), this.traces);
    this.#lastTrace = resized(new Uint32Array(size), this.#lastTrace);
  }
}

function hashOf(above: number, key: number): number {
  const mixed = Math.imul(above ^ Math.imul(key, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function insert(table: Int32Array, above: number, key: number, node: number): void {
  const mask = table.length - 1;
  let at = hashOf(above, key) & mask;
  while (table[at] !== 0) at = (at + 1) & mask;
  table[at] = node + 1;
}
