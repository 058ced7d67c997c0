/** Queries over a full store, in slices as the program runs them. */
import type { Expression } from '../../electron/engine/query/ast.ts';
import { compile } from '../../electron/engine/query/compile.ts';
import { LogMatcher, SpanMatcher } from '../../electron/engine/query/match.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import type { CompiledQuery } from '../../electron/engine/query/plan.ts';
import { runSliced, SLICE_MS } from '../../electron/engine/query/slices.ts';
import { TraceMatcher } from '../../electron/engine/query/trace-match.ts';
import { Store } from '../../electron/engine/store/store.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import { Reference } from '../support/query-reference/evaluate.ts';
import { ReferenceData, type ReferenceItem } from '../support/query-reference/items.ts';
import { decodedLogs, decodedSpans } from '../support/query-store.ts';
import { seeded, spanBody, type SpanBody } from '../support/span-bodies.ts';
import { logBody } from './support/log-bodies.ts';
import { spreadOf, type BenchOptions, type BenchReport } from './support/stats.ts';
import { threadMs } from './support/turn-timer.ts';

export const title = 'Queries';

const SEED = 11;
const ITEMS_PER_BODY = 512;
const BODIES = 32;
const FIRST_PAGE = 50;

type Target = 'spans' | 'logs' | 'traces';

interface Question {
  readonly name: string;
  readonly text: string;
  readonly target: Target;
}

const QUESTIONS: readonly Question[] = [
  { name: 'column', target: 'spans', text: 'duration>180ms status:error' },
  { name: 'name', target: 'spans', text: 'name:"SELECT stock"' },
  { name: 'service, glob', target: 'spans', text: 'service:*d-3' },
  { name: 'attribute', target: 'spans', text: 'http.response.status_code=503' },
  { name: 'attribute, order', target: 'spans', text: 'order.total>99.9' },
  { name: 'attribute, any of 500', target: 'spans', text: `user.id:${manyUsers()}` },
  { name: 'attribute, regex', target: 'spans', text: 'url.full~"/[0-9]99$"' },
  { name: 'text, 12 letters, rare', target: 'spans', text: '"products/777"' },
  { name: 'text, 12 letters, nowhere', target: 'spans', text: 'reconnecting' },
  { name: 'text, 3 letters, nowhere', target: 'spans', text: 'qzj' },
  { name: 'text, in keys everywhere', target: 'spans', text: 'address' },
  { name: 'text, outside ASCII', target: 'spans', text: 'größe' },
  { name: 'structure', target: 'spans', text: '{ kind:internal } > { status:error }' },
  { name: 'column', target: 'traces', text: 'duration>180ms status:error' },
  { name: 'attribute', target: 'traces', text: 'http.response.status_code=503' },
  { name: 'attribute, none of', target: 'traces', text: '-http.response.status_code=503' },
  { name: 'text, nowhere', target: 'traces', text: 'reconnecting' },
  { name: 'trace facts', target: 'traces', text: 'trace.duration>5s trace.errors>2' },
  { name: 'descendant', target: 'traces', text: '{ kind:internal } >> { status:error }' },
  { name: 'column', target: 'logs', text: 'level>=error' },
  { name: 'attribute', target: 'logs', text: 'http.response.status_code=503' },
  { name: 'body, regex', target: 'logs', text: 'body~"took [0-9]99 ms"' },
  { name: 'text, 12 letters, nowhere', target: 'logs', text: 'reconnecting' },
];

function manyUsers(): string {
  return Array.from({ length: 500 }, (_, i) => `u_${i * 7}`).join(',');
}

/** The figure that a question on spans stands for; the slowest one counts. */
const FIGURE_OF: Readonly<Record<string, string>> = {
  column: 'query.column',
  attribute: 'query.attribute',
  'text, 12 letters, nowhere': 'query.text',
  'text, 3 letters, nowhere': 'query.text',
};

export function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const items = smoke ? 20_000 : 1_000_000;
  const stores = { traces: filled('traces', items), logs: filled('logs', items) };
  const sample = sampleOf(stores, smoke ? 2000 : 20_000);
  const lines = [
    `${items.toLocaleString('en')} spans of eight attributes in traces of 32, and as many log records of six, in slices of at most ${SLICE_MS} ms, newest first; medians. *Longest slice*: the least of its wall time and its CPU time. *First page* is the time until ${FIRST_PAGE} matches are known. *Naive* is the evaluator of the tests over objects that are decoded already, on ${sample.count.toLocaleString('en')} of the items, scaled.`,
    '',
    '| query | over | ms of CPU | longest slice, ms | first page, ms | matches | naive, ms | ratio |',
    '|---|---|---|---|---|---|---|---|',
  ];
  const figures: Record<string, number> = {};
  const note = (figure: string, value: number): void => {
    if (!smoke) figures[figure] = Math.max(figures[figure] ?? 0, value);
  };
  for (const question of QUESTIONS) {
    const store = question.target === 'logs' ? stores.logs : stores.traces;
    const query = compiled(question);
    const runs = Array.from({ length: smoke ? 1 : 5 }, () => search(store, question.target, query));
    const total = spreadOf(runs.map(({ ms }) => ms)).median;
    const slice = spreadOf(runs.map(({ longest }) => longest)).median;
    const first = spreadOf(runs.map(({ firstMs }) => firstMs)).median;
    note('query.slice', slice);
    if (question.target === 'spans') {
      const figure = FIGURE_OF[question.name];
      if (figure !== undefined) note(figure, total);
    }
    const naive = sample.measure(question) * items;
    lines.push(
      `| ${question.name} | ${question.target} | ${total.toFixed(1)} | ${slice.toFixed(1)} | ${first.toFixed(1)} | ${runs[0].matches.toLocaleString('en')} | ${naive.toFixed(0)} | ${(naive / total).toFixed(0)} × |`,
    );
  }
  return Promise.resolve({ lines, figures });
}

function compiled({ text, target }: Question): CompiledQuery {
  const result = compile({ text, services: [], notServices: [] }, target, RE2);
  if (!result.ok) throw new Error(`${text}: ${result.error.message}`);
  return result.query;
}

function openStore(): Store {
  const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };
  return new Store({ memoryBytes: 2 ** 30, clock });
}

function filled(signal: 'traces' | 'logs', items: number): Store {
  const store = openStore();
  const make = signal === 'traces' ? spanBody : logBody;
  const bodies: SpanBody[] = [];
  for (let i = 0; i < BODIES; i++) bodies.push(make(ITEMS_PER_BODY, SEED + i));
  const random = seeded(SEED);
  for (let sent = 0; sent < items; sent += ITEMS_PER_BODY) {
    const body = bodies[Math.floor(random() * BODIES)];
    body.freshen();
    const result = store.ingest(signal, [body.bytes], body.bytes.length);
    if (!result.ok || result.accepted !== ITEMS_PER_BODY) throw new Error('items were refused');
  }
  return store;
}

interface Result {
  readonly ms: number;
  readonly longest: number;
  readonly firstMs: number;
  readonly matches: number;
}

/** Runs steps in the slices of the program; between two nothing happens here, elsewhere much does. */
function search(store: Store, target: Target, query: CompiledQuery): Result {
  let matches = 0;
  let firstMs = Infinity;
  const started = performance.now();
  const startedCpu = process.cpuUsage();
  const note = (): void => {
    if (++matches === FIRST_PAGE) firstMs = performance.now() - started;
  };
  const steps =
    target === 'traces' ? traceSteps(store, query, note) : itemSteps(store, target, query, note);
  let longest = 0;
  let next: (() => void) | undefined = () => {
    runSliced(runtime, () => steps.next().done === true);
  };
  const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };
  const soon = (task: () => void): void => {
    next = task;
  };
  const runtime = { clock, scheduler: { soon, after: () => () => undefined } };
  while (next !== undefined) {
    const slice: () => void = next;
    next = undefined;
    longest = Math.max(longest, threadMs(slice));
  }
  const { user, system } = process.cpuUsage(startedCpu);
  const ms = (user + system) / 1000;
  return { ms, longest, firstMs: Math.min(firstMs, performance.now() - started), matches };
}

function* itemSteps(
  store: Store,
  target: 'spans' | 'logs',
  query: CompiledQuery,
  note: () => void,
): Generator<undefined> {
  const matcher = target === 'spans' ? new SpanMatcher(store, query) : new LogMatcher(store, query);
  const { begin, end } = store[target];
  for (let to = end; to > begin; to -= matcher.itemsPerStep) {
    matcher.scan(Math.max(begin, to - matcher.itemsPerStep), to, note);
    yield;
  }
}

function* traceSteps(store: Store, query: CompiledQuery, note: () => void): Generator<undefined> {
  const matcher = new TraceMatcher(store, query);
  const { rows, length } = store.traces.inOrder();
  for (let i = length - 1; i >= 0; i--) {
    let verdict = matcher.advance(rows[i], 128);
    for (; verdict === 'more'; verdict = matcher.advance(rows[i], 128)) yield;
    if (verdict === 'match') note();
    if (i % 64 === 0) yield;
  }
}

interface Sample {
  readonly count: number;
  /** ms an item. */
  measure(question: Question): number;
}

function sampleOf(stores: { readonly traces: Store; readonly logs: Store }, count: number): Sample {
  const spans = [...decodedSpans(stores.traces, count).values()];
  const logs = [...decodedLogs(stores.logs, count).values()];
  const data = new ReferenceData(spans);
  const reference = new Reference(data);
  return {
    count,
    measure: ({ text, target }) => {
      const root = treeOf(text);
      const items: readonly ReferenceItem[] = target === 'logs' ? logs : spans;
      const started = performance.now();
      if (target === 'traces') {
        for (const traceId of data.byTrace.keys()) reference.trace(root, traceId, () => true);
      } else for (const item of items) reference.item(root, item);
      return (performance.now() - started) / items.length;
    },
  };
}

function treeOf(text: string): Expression | null {
  const result = parseQuery(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.query.root;
}
