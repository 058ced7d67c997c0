/** `flametail query`: what a query finds in the running instance, as a table or as JSON lines. */
import type {
  LogItem,
  Methods,
  QueryCheck,
  SpanItem,
  TraceSummary,
} from '../../../../proto/live/methods.ts';
import { severityLevel } from '../../../../proto/otlp/signal.ts';
import { ApiRefusal, callJson, requireInstance, type InstanceOptions } from '../api-client.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Instance } from '../instance.ts';
import { queryError } from '../query-error.ts';
import { clockText, durationText, painter, paintLevel, type Paint } from '../style.ts';
import { cellsOf, fit, plain, plainJson, plainLines } from '../terminal-text.ts';

export interface QueryOptions extends InstanceOptions {
  readonly spans?: boolean;
  readonly logs?: boolean;
  readonly limit?: number;
  readonly sort?: string;
  readonly explain?: boolean;
  /** False for --no-color. */
  readonly color?: boolean;
}

type Target = 'traces' | 'spans' | 'logs';

const DEFAULT_LIMIT = 50;
/** What the API gives at a time. */
const PAGE = 1000;

export async function query(
  text: string,
  options: QueryOptions,
  context: CliContext,
): Promise<ExitCode> {
  const target = options.spans === true ? 'spans' : options.logs === true ? 'logs' : 'traces';
  const instance = await requireInstance(options, context);
  try {
    if (options.explain === true) await explain(instance, text, target, options, context);
    else if (options.json === true) await printLines(instance, text, target, options, context);
    else await printTable(instance, text, target, options, context);
  } catch (error) {
    if (error instanceof ApiRefusal && error.range !== null) {
      throw queryError(text, error.message, error.range);
    }
    // A reader such as `head` has what it wants.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
  return EXIT.ok;
}

async function explain(
  instance: Instance,
  text: string,
  target: Target,
  options: QueryOptions,
  context: CliContext,
): Promise<void> {
  const check = (await callJson(instance, {
    method: 'GET',
    path: 'query',
    query: { q: text, target },
  })) as QueryCheck;
  if (check.error !== null) throw new ApiRefusal(check.error.message, check.error);
  if (options.json === true) context.out(`${plainJson(check)}\n`);
  else context.out(`${plain(check.canonical)}\n\n${plainLines(check.explain)}\n`);
}

/** An item of a page, of whichever kind. */
type Item = TraceSummary | SpanItem | LogItem;

interface Page {
  readonly items: readonly Item[];
  readonly matched: number;
  readonly nextCursor: string | null;
}

/** Pages until the limit, each as it comes. */
async function* pages(
  instance: Instance,
  text: string,
  target: Target,
  { limit = DEFAULT_LIMIT, sort }: QueryOptions,
): AsyncGenerator<Page> {
  let left = limit;
  let cursor: string | null = '';
  while (cursor !== null && left > 0) {
    const asked: Record<string, string> = { q: text, limit: String(Math.min(left, PAGE)), cursor };
    if (sort !== undefined) asked['sort'] = sort;
    const page: Page = toPage(
      await callJson(instance, { method: 'GET', path: target, query: asked }),
    );
    yield page;
    left -= page.items.length;
    cursor = page.nextCursor;
  }
}

function toPage(answer: unknown): Page {
  const page = answer as Partial<Methods['traces.list']['result']> &
    Partial<Methods['spans.list']['result']> &
    Partial<Methods['logs.list']['result']>;
  const items = page.traces ?? page.spans ?? page.logs ?? [];
  return { items, matched: page.matched ?? 0, nextCursor: page.nextCursor ?? null };
}

async function printLines(
  instance: Instance,
  text: string,
  target: Target,
  options: QueryOptions,
  context: CliContext,
): Promise<void> {
  for await (const { items } of pages(instance, text, target, options)) {
    const lines = items.map((item) => `${plainJson(item)}\n`).join('');
    await context.outBytes(Buffer.from(lines));
  }
}

/** How a column of a table is laid out. Of those that give way, each keeps a share of what is left. */
interface Column {
  readonly title: string;
  readonly alignRight?: boolean;
  readonly givesWay?: boolean;
  /** What of its text is printed where the whole does not fit. */
  short?(text: string): string;
  text(item: Item): string;
  paint?(paint: Paint, text: string, item: Item): string;
}

async function printTable(
  instance: Instance,
  text: string,
  target: Target,
  options: QueryOptions,
  context: CliContext,
): Promise<void> {
  const items: Item[] = [];
  let matched = 0;
  for await (const page of pages(instance, text, target, options)) {
    items.push(...page.items);
    matched = page.matched;
  }
  const paint = painter(context, options.color);
  const columns = COLUMNS[target];
  const width = context.terminal?.columns ?? null;
  if (items.length > 0) {
    await context.outBytes(Buffer.from(tableText(columns, items, width, paint)));
  }
  if (options.quiet === true) return;
  const counted = `${items.length.toLocaleString('en')} of ${matched.toLocaleString('en')}`;
  const words = { traces: 'traces', spans: 'spans', logs: 'log records' }[target];
  context.err(matched === 0 ? `No ${words} match.\n` : `${counted} ${words}\n`);
}

const GAP = 2;
/** What a column that gives way keeps, and what where short texts do not make enough room. */
const USUAL_CELLS = 12;
const LEAST_CELLS = 5;

function tableText(
  columns: readonly Column[],
  items: readonly Item[],
  width: number | null,
  paint: Paint,
): string {
  const whole = items.map((item) => columns.map((column) => plain(column.text(item))));
  let cells = whole;
  let widths = widthsOf(columns, cells);
  if (width !== null && !shrink(widths, columns, width, USUAL_CELLS)) {
    cells = whole.map((row) => row.map((text, i) => columns[i]?.short?.(text) ?? text));
    widths = widthsOf(columns, cells);
    shrink(widths, columns, width, LEAST_CELLS);
  }
  const line = (texts: readonly string[], item: Item | null): string =>
    texts
      .map((text, i) => {
        const column = columns[i];
        const shown = fit(text, widths[i] ?? 0);
        const gap = ' '.repeat(Math.max(0, (widths[i] ?? 0) - cellsOf(shown)));
        const painted =
          item === null ? paint('dim', shown) : (column?.paint?.(paint, shown, item) ?? shown);
        return column?.alignRight === true ? gap + painted : painted + gap;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    null,
  );
  const rows = cells.map((texts, i) => line(texts, items[i] ?? null));
  return [head, ...rows].map((each) => `${each}\n`).join('');
}

function widthsOf(columns: readonly Column[], cells: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, i) =>
    cells.reduce((most, row) => Math.max(most, cellsOf(row[i] ?? '')), title.length),
  );
}

/**
 * Takes cells from the widest column that gives way until the line fits, or none has more than `least`;
 * false when it does not fit then.
 */
function shrink(
  widths: number[],
  columns: readonly Column[],
  width: number,
  least: number,
): boolean {
  let over = widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1)) - width;
  while (over > 0) {
    let widest = -1;
    columns.forEach(({ givesWay }, i) => {
      const cells = widths[i] ?? 0;
      if (givesWay !== true || cells <= least) return;
      if (widest === -1 || cells > (widths[widest] ?? 0)) widest = i;
    });
    if (widest === -1) return false;
    widths[widest] = (widths[widest] ?? 0) - 1;
    over--;
  }
  return true;
}

const CLOCK_LENGTH = 'HH:MM:SS.mmm'.length;
/** A time without its date, and the digits of an id that tell it from others. */
const clockOnly = (text: string): string => text.slice(-CLOCK_LENGTH);
const idStart = (text: string): string => text.slice(0, 8);

const ofTrace = (item: Item): TraceSummary => item as TraceSummary;
const ofSpan = (item: Item): SpanItem => item as SpanItem;
const ofLog = (item: Item): LogItem => item as LogItem;

/** The part of OTLP JSON that tables show. */
interface SpanJson {
  readonly name?: string;
  readonly startTimeUnixNano?: string;
  readonly status?: { readonly code?: number };
}

interface LogJson {
  readonly severityNumber?: number;
  readonly traceId?: string;
}

const spanJson = (item: Item): SpanJson => ofSpan(item).span as SpanJson;
const logJson = (item: Item): LogJson => ofLog(item).logRecord as LogJson;
const isErrorSpan = (item: Item): boolean => spanJson(item).status?.code === 2;
const levelOf = (item: Item): string => severityLevel(logJson(item).severityNumber ?? 0);

const COLUMNS: Readonly<Record<Target, readonly Column[]>> = {
  traces: [
    {
      title: 'started',
      text: (item) => clockText(ofTrace(item).startTimeUnixNano),
      short: clockOnly,
    },
    {
      title: 'service',
      givesWay: true,
      text: (item) => ofTrace(item).rootService || ofTrace(item).services[0] || '',
      paint: (paint, text) => paint('cyan', text),
    },
    {
      title: 'root span',
      givesWay: true,
      text: (item) => ofTrace(item).rootName || '(root not received)',
    },
    { title: 'spans', alignRight: true, text: (item) => String(ofTrace(item).spanCount) },
    {
      title: 'errors',
      alignRight: true,
      text: (item) => String(ofTrace(item).errorCount),
      paint: (paint, text, item) => (ofTrace(item).errorCount > 0 ? paint('red', text) : text),
    },
    {
      title: 'duration',
      alignRight: true,
      text: (item) => durationText(Number(ofTrace(item).durationNs)),
    },
    { title: 'trace', text: (item) => ofTrace(item).traceId, short: idStart },
  ],
  spans: [
    {
      title: 'started',
      text: (item) => clockText(spanJson(item).startTimeUnixNano ?? '0'),
      short: clockOnly,
    },
    {
      title: 'service',
      givesWay: true,
      text: (item) => ofSpan(item).service,
      paint: (paint, text) => paint('cyan', text),
    },
    {
      title: 'span',
      givesWay: true,
      text: (item) => spanJson(item).name ?? '',
      paint: (paint, text, item) => (isErrorSpan(item) ? paint('red', text) : text),
    },
    {
      title: 'status',
      text: (item) => (isErrorSpan(item) ? 'error' : ''),
      paint: (paint, text) => paint('red', text),
    },
    {
      title: 'duration',
      alignRight: true,
      text: (item) => durationText(Number(ofSpan(item).durationNs)),
    },
    { title: 'trace', text: (item) => ofSpan(item).traceId, short: idStart },
    { title: 'span id', text: (item) => ofSpan(item).spanId, short: idStart },
  ],
  logs: [
    {
      title: 'time',
      text: (item) => clockText(ofLog(item).timeUnixNano),
      short: clockOnly,
    },
    { title: 'level', text: levelOf, paint: paintLevel },
    {
      title: 'service',
      givesWay: true,
      text: (item) => ofLog(item).service,
      paint: (paint, text) => paint('cyan', text),
    },
    { title: 'body', givesWay: true, text: (item) => ofLog(item).bodyText },
  ],
};
