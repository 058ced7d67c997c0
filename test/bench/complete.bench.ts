/** Completion over a full store, in slices as the program runs it. */
import { Completer } from '../../electron/engine/query/complete.ts';
import { SLICE_MS } from '../../electron/engine/query/slices.ts';
import { Store } from '../../electron/engine/store/store.ts';
import { seeded, spanBody, type SpanBody } from '../support/span-bodies.ts';
import { spreadOf, type BenchOptions, type Spread } from './support/stats.ts';

export const title = 'Completion';

const SEED = 13;
const SPANS_PER_BODY = 512;
const BODIES = 32;

const QUESTIONS: readonly (readonly [string, string])[] = [
  ['fields', ''],
  ['fields, a prefix', 'http.'],
  ['names', 'name:'],
  ['words of an enum', 'status:'],
  ['services', 'service:'],
  ['values of an attribute', 'http.response.status_code:'],
  ['values of an attribute, 100,000 of them', 'user.id:'],
  ['values of an attribute that no span has', 'nowhere:'],
];

const clock = { nowMs: () => Date.now(), ticksMs: () => performance.now() };

export function run({ smoke }: BenchOptions): Promise<string[]> {
  const spans = smoke ? 20_000 : 1_000_000;
  const store = filled(spans);
  const lines = [
    `${spans.toLocaleString('en')} spans of eight attributes; the first question of its kind after the start, and the same asked again after 512 more spans. In slices of at most ${SLICE_MS} ms; median (lowest to highest).`,
    '',
    '| question | first, ms | longest slice, ms | again, ms | items | sampled |',
    '|---|---|---|---|---|---|',
  ];
  const repeats = smoke ? 1 : 7;
  for (const [name, text] of QUESTIONS) {
    const firsts: Asked[] = [];
    const agains: Asked[] = [];
    for (let i = 0; i < repeats; i++) {
      const completer = new Completer(store, clock);
      firsts.push(ask(completer, text));
      send(store, spanBody(SPANS_PER_BODY, SEED));
      agains.push(ask(completer, text));
    }
    const first = spreadOf(firsts.map(({ ms }) => ms));
    const again = spreadOf(agains.map(({ ms }) => ms));
    const slice = spreadOf(firsts.map(({ longest }) => longest)).median.toFixed(1);
    const { items, sampled } = firsts[0];
    lines.push(
      `| ${name} | ${show(first)} | ${slice} | ${show(again)} | ${items} | ${sampled ? 'yes' : 'no'} |`,
    );
  }
  return Promise.resolve(lines);
}

function filled(spans: number): Store {
  const store = new Store({ memoryBytes: 2 ** 30, clock });
  const bodies = Array.from({ length: BODIES }, (_, i) => spanBody(SPANS_PER_BODY, SEED + i));
  const random = seeded(SEED);
  for (let sent = 0; sent < spans; sent += SPANS_PER_BODY) {
    send(store, bodies[Math.floor(random() * BODIES)]);
  }
  return store;
}

function send(store: Store, body: SpanBody): void {
  body.freshen();
  const result = store.ingest('traces', [body.bytes], body.bytes.length);
  if (!result.ok || result.accepted !== body.spans) throw new Error('spans were refused');
}

interface Asked {
  readonly ms: number;
  readonly longest: number;
  readonly items: number;
  readonly sampled: boolean;
}

/** Slices follow each other at once here; elsewhere ingest and frames come between them. */
function ask(completer: Completer, text: string): Asked {
  const started = performance.now();
  const task = completer.begin(text, text.length, 'traces');
  let longest = 0;
  for (let isDone = false; !isDone;) {
    const slice = performance.now();
    do isDone = task.step();
    while (!isDone && performance.now() < slice + SLICE_MS);
    longest = Math.max(longest, performance.now() - slice);
  }
  const { items, sampled } = task.answer();
  return { ms: performance.now() - started, longest, items: items.length, sampled };
}

function show({ median, low, high }: Spread): string {
  return `${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
}
