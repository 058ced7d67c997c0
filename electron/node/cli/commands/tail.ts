/** `flametail tail`: log records and finished traces of the running instance, as they come. */
import type { LiveClient } from '../../../../proto/live/client.ts';
import { NO_FILTER } from '../../../../proto/live/topics.ts';
import { requireInstance, type InstanceOptions } from '../api-client.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { connectLive } from '../live-client.ts';
import { queryError } from '../query-error.ts';
import { clockText, durationText, paintLevel, painter, type Paint } from '../style.ts';
import { tailLogs, type TailedLog, type TailSink } from '../tail-logs.ts';
import { tailTraces, type TailedTrace } from '../tail-traces.ts';
import { cellsOf, fit, plain, plainJson } from '../terminal-text.ts';

export interface TailOptions extends InstanceOptions {
  readonly query?: string;
  readonly traces?: boolean;
  readonly logs?: boolean;
  /** False for --no-color. */
  readonly color?: boolean;
}

export async function tail(options: TailOptions, context: CliContext): Promise<ExitCode> {
  const instance = await requireInstance(options, context);
  const live = await connectLive(instance);
  try {
    const wants = await readWants(live, options, context);
    return await follow(live, wants, options, context);
  } finally {
    live.close();
  }
}

interface Wants {
  readonly traces: boolean;
  readonly logs: boolean;
}

/** What to follow; a query with { } is none of log records, and then only traces are followed. */
async function readWants(
  live: LiveClient,
  options: TailOptions,
  context: CliContext,
): Promise<Wants> {
  const isOpen = options.traces !== true && options.logs !== true;
  const wants = {
    traces: isOpen || options.traces === true,
    logs: isOpen || options.logs === true,
  };
  const { query = '' } = options;
  const errorOf = async (target: 'traces' | 'logs') =>
    (await live.request('query.check', { text: query, target })).error;
  const wrong = wants.traces ? await errorOf('traces') : null;
  if (wrong !== null) throw queryError(query, wrong.message, wrong);
  const misfit = wants.logs ? await errorOf('logs') : null;
  if (misfit === null) return wants;
  if (!isOpen) throw queryError(query, misfit.message, misfit);
  if (options.quiet !== true) context.err(`flametail: ${misfit.message} Following traces alone.\n`);
  return { traces: true, logs: false };
}

/** Resolves when the person or the reader has enough; rejects when the instance goes away. */
async function follow(
  live: LiveClient,
  wants: Wants,
  options: TailOptions,
  context: CliContext,
): Promise<ExitCode> {
  const filter = { ...NO_FILTER, text: options.query ?? '' };
  let stopTraces = (): void => undefined;
  try {
    return await new Promise<ExitCode>((resolve, reject) => {
      const ended = (message: string): void => {
        reject(new CliError(EXIT.noInstance, `The instance went away: ${plain(message)}`));
      };
      live.onClose(ended);
      void context.untilStopped().then(() => {
        resolve(EXIT.ok);
      });
      const output = new Output(options, context, (error) => {
        // A reader such as `head` has what it wants.
        if (error instanceof Error && 'code' in error && error.code === 'EPIPE') resolve(EXIT.ok);
        else reject(error instanceof Error ? error : new Error(String(error)));
      });
      if (wants.logs) tailLogs(live, filter, output.sink('log records', logLine, ended));
      if (wants.traces) {
        stopTraces = tailTraces(live, filter, output.sink('traces', traceLine, ended));
      }
    });
  } finally {
    stopTraces();
  }
}

class Output {
  readonly #options: TailOptions;
  readonly #context: CliContext;
  readonly #onFailed: (error: unknown) => void;
  readonly #paint: Paint;

  constructor(options: TailOptions, context: CliContext, onFailed: (error: unknown) => void) {
    this.#options = options;
    this.#context = context;
    this.#onFailed = onFailed;
    this.#paint = painter(context, options.color);
  }

  sink<T>(
    what: string,
    line: (item: T, paint: Paint, columns: number | null) => string,
    ended: (message: string) => void,
  ): TailSink<T> {
    const asJson = this.#options.json === true;
    const columns = this.#context.terminal?.columns ?? null;
    return {
      write: (items) =>
        this.#print(
          items.map((item) => (asJson ? plainJson(item) : line(item, this.#paint, columns))),
        ),
      missed: async (count) => {
        if (asJson) await this.#print([plainJson({ type: 'missed', what, count })]);
        else if (this.#options.quiet !== true) {
          const counted = count.toLocaleString('en');
          this.#context.err(`flametail: ${counted} ${what} left out: this output is too slow.\n`);
        }
      },
      ended,
    };
  }

  async #print(lines: readonly string[]): Promise<void> {
    try {
      await this.#context.outBytes(Buffer.from(lines.map((each) => `${each}\n`).join('')));
    } catch (error) {
      this.#onFailed(error);
      throw error;
    }
  }
}

function logLine(log: TailedLog, paint: Paint): string {
  const event = log.eventName === '' ? '' : `${paint('bold', plain(log.eventName))} `;
  const left = log.bodyCut.toLocaleString('en');
  const cut = log.bodyCut === 0 ? '' : paint('dim', `… ${left} more characters`);
  const isShort = log.cut && log.bodyCut === 0; // What is cut then are the attributes.
  const attributes =
    log.attributes === ''
      ? ''
      : ` ${paint('dim', `${plain(log.attributes)}${isShort ? '…' : ''}`)}`;
  const trace = log.traceId === '' ? '' : ` ${paint('dim', log.traceId.slice(0, 8))}`;
  return `${head(log.timeUnixNano, paint)}${paintLevel(paint, log.level.padEnd(5))} ${paint('cyan', plain(log.service))} ${event}${plain(log.body)}${cut}${attributes}${trace}`;
}

/** Terminals below this width get ids of eight digits and short names of services. */
const WIDE_CELLS = 120;
const SERVICE_CELLS = 16;
/** What a name keeps on a terminal that has no room for it. */
const LEAST_NAME_CELLS = 8;

/** One line; on a terminal it fits, as far as the name of the root span can give way. */
function traceLine(trace: TailedTrace, paint: Paint, columns: number | null): string {
  const isNarrow = columns !== null && columns < WIDE_CELLS;
  const sender = plain(trace.rootService || (trace.services[0] ?? ''));
  const service = isNarrow ? fit(sender, SERVICE_CELLS) : sender;
  const name = trace.hasRoot ? plain(trace.rootName) : '(root not received)';
  const id = isNarrow ? trace.traceId.slice(0, 8) : trace.traceId;
  const status = trace.statusText === '' ? '' : ` ${plain(trace.statusText)}`;
  const duration = durationText(Number(trace.durationNs));
  const line = (paint: Paint, name: string): string =>
    `${head(trace.startTimeUnixNano, paint)}${paint('bold', 'trace')} ${paint('cyan', service)} ${name}${status} ${duration}, ${counted(trace.spanCount, 'span')}${errorsOf(trace, paint)} ${paint('dim', id)}`;
  if (columns === null) return line(paint, name);
  const room = columns - cellsOf(line(unpainted, ''));
  return line(paint, fit(name, Math.max(LEAST_NAME_CELLS, room)));
}

const unpainted: Paint = (_, text) => text;

const counted = (count: number, word: string): string =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

function errorsOf({ errorCount }: TailedTrace, paint: Paint): string {
  return errorCount === 0 ? '' : `, ${paint('red', counted(errorCount, 'error'))}`;
}

function head(timeUnixNano: string, paint: Paint): string {
  return `${paint('dim', clockText(timeUnixNano))} `;
}
