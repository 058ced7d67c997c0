/**
 * A merged flame graph as the page holds it: the columns of the `flame` topic, with widths by measure.
 * A node is wide by what is its own and all that lies below it, so children stay inside their parents.
 */
import { FLAME_KIND, type FlameColumns, type FlameMeta } from '../../proto/live/topics.ts';

/** What widths and numbers of the graph show. */
export type MergeMeasure = 'mean' | 'total' | 'self' | 'count';

/** The node that stands for all traces, above the roots. */
export const ALL_TRACES = -1;

/** Where an operation is called from: the one that takes most of its time, and how many others. */
export interface Callers {
  /** `service › name`, or the name alone; '' for what is called by nothing. */
  readonly first: string;
  readonly others: number;
}

/** One operation over all places where it is called from. Times are sums in ns. */
export interface MergedOperation {
  readonly name: string;
  readonly service: string;
  /** What its colour stands for: the service, or the value that is folded by; '' for none. */
  readonly colourName: string;
  readonly callers: Callers;
  readonly selfNs: number;
  /** Attributed; calls below another of the same operation are in that one's. */
  readonly attributedNs: number;
  readonly count: number;
  readonly errors: number;
}

/** One frame of the topic. Nodes are numbered anew with every frame. */
export class MergedFlame {
  readonly meta: FlameMeta;
  readonly columns: FlameColumns;
  readonly nodeCount: number;
  /** One past the last node below each node. */
  readonly end: Int32Array;
  readonly maxDepth: number;
  readonly #widths = new Map<MergeMeasure, Float64Array>();

  constructor(meta: FlameMeta, columns: FlameColumns) {
    this.meta = meta;
    this.columns = columns;
    this.nodeCount = columns.parent.length;
    this.end = new Int32Array(this.nodeCount);
    let maxDepth = -1;
    for (let node = this.nodeCount - 1; node >= 0; node--) {
      if (this.end[node] === 0) this.end[node] = node + 1;
      const above = columns.parent[node];
      if (above >= 0 && this.end[above] < this.end[node]) this.end[above] = this.end[node];
      if (columns.depth[node] > maxDepth) maxDepth = columns.depth[node];
    }
    this.maxDepth = maxDepth;
  }

  name(node: number): string {
    if (node === ALL_TRACES) return 'all traces';
    const kind = this.columns.kind[node];
    if (kind === FLAME_KIND.notReceived) return 'not received';
    if (kind === FLAME_KIND.other) return 'other paths';
    if (kind === FLAME_KIND.noValue) return `no ${this.meta.by}`;
    return this.exactName(node) || 'no name';
  }

  /** The span name as it was received; '' for nodes that are no spans. */
  exactName(node: number): string {
    return this.meta.strings[this.columns.nameStr[node]] ?? '';
  }

  /** '' where there is none. */
  service(node: number): string {
    return node === ALL_TRACES ? '' : (this.meta.strings[this.columns.serviceStr[node]] ?? '');
  }

  /** Whether the node is spans, and not what stands for missing or left out ones. */
  isSpans(node: number): boolean {
    if (node === ALL_TRACES) return false;
    const kind = this.columns.kind[node];
    return kind === FLAME_KIND.spans || kind === FLAME_KIND.noValue;
  }

  /** Whether the node has a colour of its own. */
  hasColour(node: number): boolean {
    return node !== ALL_TRACES && this.columns.kind[node] === FLAME_KIND.spans;
  }

  /** Index of the string that a node's colour stands for, by node: its service, or its value. */
  get colourStr(): Int32Array {
    return this.meta.by === '' ? this.columns.serviceStr : this.columns.nameStr;
  }

  /** That string; '' where there is none. */
  colourName(node: number): string {
    return node === ALL_TRACES ? '' : (this.meta.strings[this.colourStr[node]] ?? '');
  }

  /** `service › name` of the node above; '' for roots. */
  caller(node: number): string {
    const above = this.parent(node);
    if (above === ALL_TRACES) return '';
    const service = this.service(above);
    return service === '' ? this.name(above) : `${service} \u203a ${this.name(above)}`;
  }

  /** The width of a node by a measure, in ns or spans over all traces. */
  width(measure: MergeMeasure, node: number): number {
    const widths = this.#widthsOf(measure);
    return widths[node === ALL_TRACES ? this.nodeCount : node];
  }

  /** The number that is written on a node: ns, or spans. */
  value(measure: MergeMeasure, node: number): number {
    const isWidth = measure === 'mean' || measure === 'total';
    if (node === ALL_TRACES || isWidth) return this.width(measure, node);
    return measure === 'self' ? this.columns.selfNs[node] : this.columns.count[node];
  }

  /** Nodes directly below a node, or the roots. */
  children(node: number): number[] {
    const found: number[] = [];
    const to = node === ALL_TRACES ? this.nodeCount : this.end[node];
    for (let child = node + 1; child < to; child = this.end[child]) found.push(child);
    return found;
  }

  parent(node: number): number {
    return node === ALL_TRACES ? ALL_TRACES : this.columns.parent[node];
  }

  /** The nodes from a root down to this one; empty for all traces. */
  path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== ALL_TRACES; at = this.columns.parent[at]) path.unshift(at);
    return path;
  }

  /** What tells a node from its siblings in every frame. */
  label(node: number): string {
    return `${this.columns.kind[node]}\n${this.name(node)}\n${this.service(node)}`;
  }

  /** The node at the end of labels from a root down, or the last of them that still exists. */
  find(labels: readonly string[]): number {
    let node = ALL_TRACES;
    for (const label of labels) {
      const next = this.children(node).find((child) => this.label(child) === label);
      if (next === undefined) return node;
      node = next;
    }
    return node;
  }

  /** 1 for each node whose name or service holds the text, whatever the case; null for no text. */
  matches(text: string): Uint8Array | null {
    const wanted = text.trim().toLowerCase();
    if (wanted === '') return null;
    const has = this.meta.strings.map((string) => string.toLowerCase().includes(wanted));
    const { nameStr, serviceStr } = this.columns;
    return Uint8Array.from(nameStr, (name, node) =>
      has[name] === true || has[serviceStr[node]] === true ? 1 : 0,
    );
  }

  /** Operations at and below a node, most self time first. O(nodes). */
  operations(under: number): MergedOperation[] {
    const { columns } = this;
    const byKey = new Map<string, { -readonly [K in keyof MergedOperation]: MergedOperation[K] }>();
    const callers = new Map<string, CallerTimes>();
    const open = new Map<string, number>();
    const from = Math.max(0, under);
    const to = under === ALL_TRACES ? this.nodeCount : this.end[under];
    for (let node = from; node < to; node++) {
      if (!this.isSpans(node)) continue;
      const [name, service] = [this.name(node), this.service(node)];
      const key = `${name}\n${service}`;
      let operation = byKey.get(key);
      if (operation === undefined) {
        const none = { selfNs: 0, attributedNs: 0, count: 0, errors: 0 };
        const colourName = this.colourName(node);
        operation = { name, service, colourName, callers: { first: '', others: 0 }, ...none };
        byKey.set(key, operation);
        callers.set(key, new CallerTimes());
      }
      callers.get(key)?.add(this.caller(node), columns.selfNs[node]);
      operation.selfNs += columns.selfNs[node];
      operation.count += columns.count[node];
      operation.errors += columns.errors[node];
      // Nodes come depth first: one before the end of the last outermost is below it.
      if (node < (open.get(key) ?? 0)) continue;
      open.set(key, this.end[node]);
      operation.attributedNs += columns.attributedNs[node];
    }
    for (const [key, times] of callers) {
      const operation = byKey.get(key);
      if (operation !== undefined) operation.callers = times.callers();
    }
    return [...byKey.values()].sort((a, b) => b.selfNs - a.selfNs || (a.name < b.name ? -1 : 1));
  }

  #widthsOf(measure: MergeMeasure): Float64Array {
    const kept = measure === 'total' ? 'mean' : measure;
    let widths = this.#widths.get(kept);
    if (widths === undefined) this.#widths.set(kept, (widths = this.#measure(kept)));
    return widths;
  }

  /** By node; the last entry is all traces. */
  #measure(measure: MergeMeasure): Float64Array {
    const { parent, attributedNs, selfNs, count } = this.columns;
    const { nodeCount } = this;
    const widths = new Float64Array(nodeCount + 1);
    const isTime = measure === 'mean' || measure === 'total';
    const own = isTime ? attributedNs : measure === 'self' ? selfNs : count;
    widths.set(own);
    for (let node = nodeCount - 1; node >= 0; node--) {
      const above = parent[node];
      if (above === -1) widths[nodeCount] += widths[node];
      else if (!isTime) widths[above] += widths[node];
    }
    return widths;
  }
}

/** Adds up what an operation takes by where it is called from. */
export class CallerTimes {
  readonly #times = new Map<string, number>();

  add(caller: string, time: number): void {
    this.#times.set(caller, (this.#times.get(caller) ?? 0) + time);
  }

  /** O(callers). */
  callers(): Callers {
    let [first, most] = ['', -1];
    for (const [caller, time] of this.#times) if (time > most) [first, most] = [caller, time];
    return { first, others: Math.max(0, this.#times.size - 1) };
  }
}
