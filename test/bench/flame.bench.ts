/** The Flame screen as its client sees it: merged, folded by a field, compared, and merged again. */
import { NO_FILTER, type FlameDiffParams } from '../../proto/live/topics.ts';
import { DrivenEngine } from './support/driven-engine.ts';
import { manyTraces, SPANS_PER_TRACE } from './support/many-traces.ts';
import { spreadOf, type BenchOptions, type BenchReport } from './support/stats.ts';

export const title = 'Flame screen';

const SEED = 17;
/** Requests that come while somebody looks. */
const UPDATES = 30;

export async function run({ smoke }: BenchOptions): Promise<BenchReport> {
  const spans = smoke ? 32_000 : 1_000_000;
  const repeats = smoke ? 1 : 5;
  const driven = new DrivenEngine(2 ** 30);
  const bodies = [...manyTraces(Math.ceil(spans / SPANS_PER_TRACE), SPANS_PER_TRACE, SEED)];
  const later = bodies.splice(-UPDATES);
  for (const body of bodies) driven.ingest(body);
  const more = (): void => {
    const body = later.shift();
    if (body === undefined) throw new Error('there is nothing more to send');
    driven.ingest(body);
  };
  const all = { filter: NO_FILTER };
  const half = { filter: { ...NO_FILTER, text: 'trace.duration>=1ms' } };
  const both: FlameDiffParams = { a: all, b: half };
  const lines = [
    `${spans.toLocaleString('en')} spans in traces of ${SPANS_PER_TRACE}, asked for through the engine's own door. CPU time of the process, ms, from the request to the decoded picture, median of ${repeats} (lowest to highest); *update*: the same after one more request of spans came. Between two updates the engine waits at least a second and four times what a merge took. Longest slice: wall clock.`,
    '',
    '| what | first picture, ms | update, ms | longest slice, ms |',
    '| --- | --- | --- | --- |',
  ];
  const cases = [
    ['flame, all traces', () => driven.merge('flame', all, more)],
    ['flame, folded by service', () => driven.merge('flame', { ...all, by: 'service' }, more)],
    [
      'flame, folded by an attribute of spans',
      () => driven.merge('flame', { ...all, by: 'http.route' }, more),
    ],
    ['flameDiff, all traces and those of a query', () => driven.merge('flameDiff', both, more)],
  ] as const;
  for (const [what, measure] of cases) {
    const measured: { firstMs: number; updateMs: number; longestSliceMs: number }[] = [];
    for (let i = 0; i < repeats; i++) {
      globalThis.gc?.();
      measured.push(await measure());
    }
    const column = (of: 'firstMs' | 'updateMs' | 'longestSliceMs'): string =>
      spreadText(measured.map((each) => each[of]));
    lines.push(
      `| ${what} | ${column('firstMs')} | ${column('updateMs')} | ${column('longestSliceMs')} |`,
    );
  }
  const asked: { ms: number; longestSliceMs: number }[] = [];
  for (let i = 0; i < repeats; i++) asked.push(await driven.ask('flame.attributes', both));
  const slices = spreadText(asked.map(({ longestSliceMs }) => longestSliceMs));
  lines.push(
    `| flame.attributes of the same | ${spreadText(asked.map(({ ms }) => ms))} | – | ${slices} |`,
  );
  driven.close();
  return { lines, figures: {} };
}

function spreadText(values: readonly number[]): string {
  const { median, low, high } = spreadOf(values);
  return `${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
}
