/**
 * Merged flame graphs as text, from traces as text. One line a span, indentation is depth, traces are
 * separated by `---`:
 *
 * ```
 *   checkout 0-100
 *     charge@pay 10-40 !     of the service pay, failed; the others are of svc
 *     sql 10-20 db=pg n=5    attributes
 *   ? 7                      a parent that was not received
 *     lost 50-60
 *   ---
 *   checkout 0-80
 * ```
 */
import type { Store } from '../../electron/engine/store/store.ts';
import type { MergedDiff } from '../../electron/engine/view/merge-diff.ts';
import {
  finishMerge,
  mergeTraces,
  type MergeOptions,
} from '../../electron/engine/view/merge-traces.ts';
import { MERGED_KIND, type MergedTree } from '../../electron/engine/view/merge-tree.ts';
import { NOT_RECEIVED, STEP } from './merge-reference.ts';
import { openStore, spansBody, takeGood, type SpanSpec } from './store-bodies.ts';

/** In the place of a value that a span does not have. */
export const NO_VALUE = '(no value)';

const MISSING_IDS = 1_000_000;

export function specsFromArt(art: string): SpanSpec[] {
  const specs: SpanSpec[] = [];
  let trace = 1;
  let above: { readonly indent: number; readonly id: number }[] = [];
  for (const line of art.split('\n').filter((text) => text.trim() !== '')) {
    if (line.trim() === '---') {
      trace++;
      above = [];
      continue;
    }
    const indent = line.search(/\S/);
    while (above.length > 0 && (above.at(-1)?.indent ?? 0) >= indent) above.pop();
    const parent = above.at(-1)?.id;
    const [label, second, ...rest] = line.trim().split(/\s+/);
    const pairs = rest.filter((word) => word.includes('=')).map((word) => word.split('='));
    const attributes = Object.fromEntries(pairs) as Record<string, string>;
    const id = label === '?' ? MISSING_IDS + Number(second) : specs.length + 1;
    above.push({ indent, id });
    if (label === '?') continue;
    const [name, service = 'svc'] = label.split('@');
    const [start, end] = second.split('-').map(Number);
    const status = rest.includes('!') ? 2 : 0;
    specs.push({
      trace,
      id,
      name,
      service,
      start,
      end,
      status,
      attributes,
      ...(parent ? { parent } : {}),
    });
  }
  return specs;
}

/** A store with these spans. */
export function storeOf(specs: readonly SpanSpec[]): Store {
  const { store } = openStore();
  if (specs.length > 0) takeGood(store, 'traces', spansBody(specs));
  return store;
}

/** All traces of a store, merged at once. */
export function mergeAll(store: Store, options: MergeOptions = {}): MergedTree {
  const { rows, length } = store.traces.inOrder();
  return finishMerge(mergeTraces(store, rows.subarray(0, length), options));
}

/** Merges art: one line a node, `name total/self/attributed ×count`, then errors and traces. */
export function mergedText(art: string, options: MergeOptions = {}): string {
  return printMerged(mergeAll(storeOf(specsFromArt(art)), options));
}

export function printMerged(tree: MergedTree): string {
  return Array.from({ length: tree.nodeCount }, (_, node) => {
    const times = [tree.totalNs[node], tree.selfNs[node], tree.attributedNs[node]];
    const errors = tree.errors[node] === 0 ? '' : ` !${tree.errors[node]}`;
    const traces = tree.traces[node] === tree.traceCount ? '' : ` in ${tree.traces[node]}`;
    return `${'  '.repeat(tree.depth[node])}${nameOf(tree, node)} ${times.map(short).join('/')} ×${tree.count[node]}${errors}${traces}`;
  }).join('\n');
}

/** `name width change`, and which side alone has it. */
export function printDiff(diff: MergedDiff): string {
  return Array.from({ length: diff.nodeCount }, (_, node) => {
    const change = diff.changeNs[node];
    const only =
      diff.nodeA[node] === -1 ? ' only in B' : diff.nodeB[node] === -1 ? ' only in A' : '';
    return `${'  '.repeat(diff.depth[node])}${nameOf(diff, node)} ${short(diff.widthNs[node])} ${change > 0 ? '+' : ''}${short(change)}${only}`;
  }).join('\n');
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function nameOf(tree: MergedTree | MergedDiff, node: number): string {
  if (tree.kind[node] === MERGED_KIND.other) return '(other)';
  if (tree.kind[node] === MERGED_KIND.notReceived) return NOT_RECEIVED;
  if (tree.kind[node] === MERGED_KIND.noValue) return NO_VALUE;
  const service = tree.strings[tree.serviceStr[node]] ?? '';
  const name = tree.strings[tree.nameStr[node]];
  return service === 'svc' || service === '' ? name : `${name}@${service}`;
}

/** The path of each node, as the reference writes it. */
export function pathsOf(tree: MergedTree): string[] {
  const paths: string[] = [];
  for (let node = 0; node < tree.nodeCount; node++) {
    const service = tree.strings[tree.serviceStr[node]];
    const label =
      tree.kind[node] === MERGED_KIND.notReceived
        ? NOT_RECEIVED
        : `${service} ${tree.strings[tree.nameStr[node]]}`;
    const above = tree.parent[node];
    paths.push(above === -1 ? label : `${paths[above]}${STEP}${label}`);
  }
  return paths;
}
