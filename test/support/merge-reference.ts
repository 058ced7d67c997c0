/** The slow, obvious merge: every path a string, every instant looked at for every span. */
import type { SpanSpec } from './store-bodies.ts';

export interface ReferencePath {
  totalNs: number;
  selfNs: number;
  attributedNs: number;
  count: number;
  errors: number;
  traces: Set<number>;
}

/** What separates the steps of a path, and service from name in a step. */
export const STEP = ' > ';
export const NOT_RECEIVED = '(not received)';

/** What spans are folded by. */
export interface ReferenceFolding {
  labelOf(spec: SpanSpec): string;
  /** Whether a span with the label of its parent is counted there. */
  readonly joinsEqual: boolean;
}

const BY_OPERATION: ReferenceFolding = {
  labelOf: ({ service, name }) => `${service ?? 'svc'} ${name ?? ''}`,
  joinsEqual: false,
};

interface Node {
  readonly trace: number;
  readonly id: number;
  readonly label: string;
  readonly isError: boolean;
  readonly start: number;
  readonly end: number;
  readonly isRunnable: boolean;
  above: Node | undefined;
}

/** Measures by path, and the busy time of all traces. Starts of the spans of a trace differ. */
export function referenceMerge(
  specs: readonly SpanSpec[],
  folding: ReferenceFolding = BY_OPERATION,
): {
  readonly paths: Map<string, ReferencePath>;
  readonly busyNs: number;
} {
  const paths = new Map<string, ReferencePath>();
  let busyNs = 0;
  for (const trace of new Set(specs.map((spec) => spec.trace))) {
    const nodes = nodesOf(
      specs.filter((spec) => spec.trace === trace),
      folding.labelOf,
    );
    const shares = new Map<Node, number>();
    busyNs += shareOut(nodes, shares);
    for (const node of nodes) {
      const whole = [node, ...ancestors(node)].reverse();
      const isNew = (step: Node): boolean =>
        !folding.joinsEqual || step.above === undefined || step.above.label !== step.label;
      const steps = whole.filter(isNew);
      for (let depth = 1; depth <= steps.length; depth++) {
        const at = pathAt(paths, steps.slice(0, depth));
        at.attributedNs += shares.get(node) ?? 0;
        if (depth < steps.length) continue;
        if (isNew(node)) at.totalNs += node.end - node.start;
        at.selfNs += node.isRunnable ? selfTime(node, nodes) : 0;
        at.count++;
        at.errors += node.isError ? 1 : 0;
        at.traces.add(trace);
      }
    }
  }
  return { paths, busyNs };
}

/**
 * The slow, obvious comparison: by path, how wide it is and what changed, in ns a trace. What is a
 * path's own is as wide as the larger of A and B, and a path is as wide as all that begins with it.
 */
export function referenceDiff(
  a: readonly SpanSpec[],
  b: readonly SpanSpec[],
): Map<string, { widthNs: number; changeNs: number }> {
  const sides = [a, b].map((specs) => ({
    paths: referenceMerge(specs).paths,
    traces: new Set(specs.map(({ trace }) => trace)).size,
  }));
  const all = new Set(sides.flatMap(({ paths }) => [...paths.keys()]));
  const isBelow = (path: string, above: string): boolean => path.startsWith(`${above}${STEP}`);
  const timesOf = (path: string): number[] =>
    sides.map(({ paths, traces }) => (paths.get(path)?.attributedNs ?? 0) / traces);
  const ownOf = (path: string): number => {
    const own = timesOf(path);
    for (const below of all) {
      if (!isBelow(below, path) || below.slice(path.length + STEP.length).includes(STEP)) continue;
      timesOf(below).forEach((time, side) => (own[side] -= time));
    }
    return Math.max(0, ...own);
  };
  return new Map(
    [...all].map((path) => {
      const [ofA = 0, ofB = 0] = timesOf(path);
      const inside = [...all].filter((below) => below === path || isBelow(below, path));
      const widthNs = inside.reduce((sum, below) => sum + ownOf(below), 0);
      return [path, { widthNs, changeNs: ofB - ofA }];
    }),
  );
}

function pathAt(paths: Map<string, ReferencePath>, steps: readonly Node[]): ReferencePath {
  const path = steps.map(({ label }) => label).join(STEP);
  let known = paths.get(path);
  if (known === undefined) {
    known = { totalNs: 0, selfNs: 0, attributedNs: 0, count: 0, errors: 0, traces: new Set() };
    paths.set(path, known);
  }
  return known;
}

function nodesOf(specs: readonly SpanSpec[], labelOf: (spec: SpanSpec) => string): Node[] {
  const nodes: Node[] = specs.map((spec) => ({
    trace: spec.trace,
    id: spec.id,
    label: labelOf(spec),
    isError: spec.status === 2,
    start: spec.start ?? 0,
    end: Math.max(spec.start ?? 0, spec.end ?? (spec.start ?? 0) + 10),
    isRunnable: true,
    above: undefined,
  }));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const missing = new Map<number, Node[]>();
  specs.forEach(({ parent }, i) => {
    if (parent === undefined) return;
    nodes[i].above = byId.get(parent);
    if (!byId.has(parent)) missing.set(parent, [...(missing.get(parent) ?? []), nodes[i]]);
  });
  for (const [id, children] of missing) {
    const inferred: Node = {
      trace: specs[0].trace,
      id,
      label: NOT_RECEIVED,
      isError: false,
      start: Math.min(...children.map(({ start }) => start)),
      end: Math.max(...children.map(({ end }) => end)),
      isRunnable: false,
      above: undefined,
    };
    nodes.push(inferred);
    for (const child of children) child.above = inferred;
  }
  for (const node of nodes) cutCycle(node);
  return nodes;
}

/** Makes the earliest span of a cycle that the node is in a root. */
function cutCycle(node: Node): void {
  const members = [node];
  for (let above = node.above; above !== node; above = above.above) {
    if (above === undefined || members.includes(above)) return;
    members.push(above);
  }
  members.sort((a, b) => a.start - b.start)[0].above = undefined;
}

function ancestors(node: Node): Node[] {
  return node.above === undefined ? [] : [node.above, ...ancestors(node.above)];
}

/** Splits each piece of time between two changes among the leaves of what runs. Returns the busy time. */
function shareOut(nodes: readonly Node[], shares: Map<Node, number>): number {
  const cuts = [...new Set(nodes.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  let busyNs = 0;
  for (let i = 1; i < cuts.length; i++) {
    const running = nodes.filter(
      ({ start, end, isRunnable }) => isRunnable && start <= cuts[i - 1] && end >= cuts[i],
    );
    const covered = new Set(running.flatMap(ancestors));
    const leaves = running.filter((node) => !covered.has(node));
    const length = cuts[i] - cuts[i - 1];
    if (leaves.length > 0) busyNs += length;
    for (const leaf of leaves) shares.set(leaf, (shares.get(leaf) ?? 0) + length / leaves.length);
  }
  return busyNs;
}

function selfTime(node: Node, nodes: readonly Node[]): number {
  const children = nodes.filter((child) => child.above === node);
  const cuts = [node, ...children]
    .flatMap(({ start, end }) => [start, end])
    .filter((cut) => cut >= node.start && cut <= node.end)
    .sort((a, b) => a - b);
  let self = 0;
  for (let i = 1; i < cuts.length; i++) {
    const isCovered = children.some(
      ({ start, end }) => start <= cuts[i - 1] && end >= cuts[i] && end > start,
    );
    if (!isCovered) self += cuts[i] - cuts[i - 1];
  }
  return self;
}
