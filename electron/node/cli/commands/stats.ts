/** `flametail stats`: what became of what was received. */
import type { ItemCounts, SourceService } from '../../../../proto/live/topics.ts';
import type { ItemKind } from '../../../../proto/otlp/signal.ts';
import { callJson, requireInstance, type InstanceOptions } from '../api-client.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { plain, plainJson, table } from '../terminal-text.ts';

/** The answer of GET /api/v1/status, as far as it is printed. */
interface Status {
  readonly signals: Readonly<Record<ItemKind, ItemCounts>>;
  readonly memory: { readonly budgetBytes: number; readonly usedBytes: number };
  readonly sources: readonly SourceService[];
}

const SIGNAL_NAMES: Readonly<Record<ItemKind, string>> = {
  spans: 'spans',
  logRecords: 'log records',
  dataPoints: 'data points',
  profiles: 'profiles',
};

export async function stats(options: InstanceOptions, context: CliContext): Promise<ExitCode> {
  const instance = await requireInstance(options, context);
  const status = (await callJson(instance, { method: 'GET', path: 'status' })) as Status;
  if (options.json === true) context.out(`${plainJson(status)}\n`);
  else context.out(formatStatus(status));
  return EXIT.ok;
}

function formatStatus({ signals, memory, sources }: Status): string {
  const kinds = Object.keys(SIGNAL_NAMES) as ItemKind[];
  const counts = table(
    [
      ['', 'received', 'kept', 'evicted', 'cleared', 'rejected', 'duplicates'],
      ...kinds.map((kind) => {
        const { received, kept, evicted, cleared, rejected, duplicates } = signals[kind];
        const numbers = [received, kept, evicted - cleared, cleared, rejected, duplicates];
        return [SIGNAL_NAMES[kind], ...numbers.map(String)];
      }),
    ],
    [false, true, true, true, true, true, true],
  );
  const used = `memory ${mebibytes(memory.usedBytes)} of ${mebibytes(memory.budgetBytes)} MiB\n`;
  if (sources.length === 0) return `${counts}\n${used}`;
  const services = table(
    [
      ['service', 'spans', 'errors', 'language'],
      ...sources.map((source) => [
        plain(source.name),
        String(source.spans),
        String(source.errors),
        plain(source.language),
      ]),
    ],
    [false, true, true, false],
  );
  return `${counts}\n${services}\n${used}`;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}
