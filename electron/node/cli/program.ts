/** The command line: what commands and options there are. What they do is in commands/, loaded when run. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { toFailure } from '../host/failure.ts';
import { readPort } from '../host/launch-args.ts';
import type { CliContext } from './context.ts';
import type { ExportOptions } from './commands/export.ts';
import type { ImportOptions } from './commands/import.ts';
import type { OpenOptions } from './commands/open.ts';
import type { QueryOptions } from './commands/query.ts';
import type { ServeOptions } from './commands/serve.ts';
import type { TailOptions } from './commands/tail.ts';
import type { InstanceOptions } from './api-client.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { settingsPath } from './folders.ts';
import { plain, plainLines } from './terminal-text.ts';

/** Runs a command line (without node and script) and resolves with its exit code. Never rejects. */
export async function runCli(args: readonly string[], context: CliContext): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliError) {
      context.err(`flametail: ${plainLines(error.message)}\n`);
      return error.exitCode;
    }
    context.err(`flametail: ${plain(toFailure(error).message)}\n`);
    return EXIT.failed;
  }
}

function buildProgram(context: CliContext, exit: (code: ExitCode) => void): Command {
  const program = new Command('flametail')
    .description('A local OpenTelemetry receiver that draws what arrives while it arrives.')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        context.out(text);
      },
      writeErr: (text) => {
        context.err(plainLines(text));
      },
    });

  startOptions(program)
    .argument('[files...]', 'captures to load after the start')
    .option('--desktop', 'open the desktop app, and fail when that is not possible')
    .addOption(new Option('--browser', 'open in the browser').conflicts('desktop'))
    .addHelpText('after', () => rootHelp(context))
    .action(async (files: string[], options: OpenOptions) => {
      const { open } = await import('./commands/open.ts');
      exit(await open(files, options, context));
    });

  startOptions(program.command('serve'))
    .description('browser mode: receive and serve the UI until stopped')
    .argument('[files...]', 'captures to load after the start')
    .addHelpText(
      'after',
      examples(
        'flametail serve --no-open',
        'flametail serve checkout.otlp.jsonl',
        'flametail serve --restore',
        'flametail serve --http-port 0 --grpc-port 0 --ui-port 0 --json',
      ),
    )
    .action(async (files: string[], options: ServeOptions) => {
      const { serve } = await import('./commands/serve.ts');
      exit(await serve(files, options, context));
    });

  clientOptions(program.command('export'))
    .description('write what the running instance holds to a file')
    .requiredOption('-o, --output <file>', 'the file to write; - is standard output')
    .addOption(
      new Option('--format <format>', 'otlp.jsonl or otlp.pb; else told by the file name').choices([
        'otlp.jsonl',
        'otlp.pb',
      ]),
    )
    .option('--gzip', 'compress; else told by the file name')
    .option('--signal <signals>', 'traces, logs, metrics, profiles, with commas between')
    .option('--trace <ids>', 'only these traces and their log records, with commas between')
    .option('--query <text>', 'only what matches; needs one --signal')
    .addHelpText(
      'after',
      examples(
        'flametail export -o capture.otlp.jsonl',
        'flametail export -o capture.otlp.pb.gz --signal traces,logs',
        'flametail export -o failed.otlp.jsonl --signal traces --query "connection refused"',
      ),
    )
    .action(async (options: ExportOptions) => {
      const { exportFile } = await import('./commands/export.ts');
      exit(await exportFile(options, context));
    });

  clientOptions(program.command('import'))
    .description('read files into the running instance')
    .argument('<files...>', '.otlp.jsonl, .otlp.pb, one OTLP JSON body, and .gz of these')
    .addHelpText('after', examples('flametail import capture.otlp.jsonl', 'flametail import *.gz'))
    .action(async (files: string[], options: ImportOptions) => {
      const { importFiles } = await import('./commands/import.ts');
      exit(await importFiles(files, options, context));
    });

  queryCommand(program, context, exit);
  tailCommand(program, context, exit);

  clientOptions(program.command('stats'))
    .description('print what was received, kept, evicted and rejected')
    .addHelpText('after', examples('flametail stats', 'flametail stats --json'))
    .action(async (options: InstanceOptions) => {
      const { stats } = await import('./commands/stats.ts');
      exit(await stats(options, context));
    });
  return program;
}

function queryCommand(program: Command, context: CliContext, exit: (code: ExitCode) => void): void {
  clientOptions(program.command('query'))
    .description('print what a query finds in the running instance: traces, spans or log records')
    .argument('<query>', "a query in one argument; '' finds everything")
    .option('--spans', 'spans that match')
    .addOption(new Option('--logs', 'log records that match').conflicts('spans'))
    .option('--limit <count>', 'how many at most (default 50)', readLimit)
    .addOption(
      new Option('--sort <order>', 'default newest; spans know newest and slowest').choices([
        'newest',
        'slowest',
        'mostSpans',
        'mostErrors',
      ]),
    )
    .option('--explain', 'print how the query is understood and run, and do not run it')
    .option('--no-color', 'no colours; so does the variable NO_COLOR')
    .addHelpText(
      'after',
      examples(
        "flametail query 'service:checkout status:error'",
        "flametail query 'trace.duration>500ms -http.route:/health' --sort slowest",
        'flametail query --logs \'level>=warn "connection refused"\'',
        "flametail query --spans 'db.system.name:postgresql duration>10ms' --json",
        "flametail query --explain '{ service:web } >> { status:error }'",
      ),
    )
    .action(async (text: string, options: QueryOptions) => {
      const { query } = await import('./commands/query.ts');
      exit(await query(text, options, context));
    });
}

function tailCommand(program: Command, context: CliContext, exit: (code: ExitCode) => void): void {
  clientOptions(program.command('tail'))
    .description('print log records and finished traces of the running instance as they come')
    .option('--query <query>', 'only what matches')
    .option('--traces', 'traces; with neither this nor --logs, both')
    .option('--logs', 'log records')
    .option('--no-color', 'no colours; so does the variable NO_COLOR')
    .addHelpText(
      'after',
      examples(
        'flametail tail',
        "flametail tail --logs --query 'level>=warn'",
        "flametail tail --traces --query 'trace.errors>0' --json",
      ),
    )
    .action(async (options: TailOptions) => {
      const { tail } = await import('./commands/tail.ts');
      exit(await tail(options, context));
    });
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a number from 1 to 9999999.');
}

/** The options of commands that start a receiver. */
function startOptions(command: Command): Command {
  return (
    commonOptions(command)
      .option('--http-port <port>', 'OTLP/HTTP port (default 4318; 0 takes a free one)')
      .option('--grpc-port <port>', 'OTLP/gRPC port (default 4317; 0 takes a free one)')
      .option('--ui-port <port>', 'port of the UI and API in browser mode (default 4319)')
      .option('--host <address>', 'address of the OTLP ports (default 127.0.0.1 and ::1)')
      .option('--ui-host <address>', 'address of the UI port (default 127.0.0.1 and ::1)')
      .option('--memory <size>', 'memory for telemetry, such as 512MiB (default 1GiB)')
      .option('--restore', 'take back a capture that a crash left, without asking')
      .option('--no-journal', 'keep nothing on disk, so that a crash loses what was received')
      .option('--no-open', 'do not open the browser')
      // Absent unless given: variables and the settings file have their say first.
      .setOptionValueWithSource('journal', undefined, 'default')
      .setOptionValueWithSource('open', undefined, 'default')
  );
}

/** The options of commands that talk to a running instance. */
function clientOptions(command: Command): Command {
  return commonOptions(command).option(
    '--ui-port <port>',
    'the instance of this UI port (default: the one that started last)',
    (text: string) => {
      const port = readPort(text);
      if (port === undefined) throw new InvalidArgumentError('It is not a port number.');
      return port;
    },
  );
}

function commonOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON for machines')
    .option('--quiet', 'print nothing but errors');
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function rootHelp({ env }: CliContext): string {
  return `${examples(
    'flametail',
    'flametail checkout.otlp.jsonl',
    'flametail --browser --memory 2GiB',
    'flametail serve --json',
  )}
Settings come from flags, then from FLAMETAIL_HTTP_PORT, FLAMETAIL_GRPC_PORT,
FLAMETAIL_UI_PORT, FLAMETAIL_HOST, FLAMETAIL_UI_HOST, FLAMETAIL_MEMORY,
FLAMETAIL_JOURNAL, FLAMETAIL_RESTORE and FLAMETAIL_OPEN, then from
  ${plain(settingsPath(env))}
with the keys httpPort, grpcPort, uiPort, host, uiHost, memory, journal, restore
and open.
FLAMETAIL_TOKEN keeps the interface's token over restarts, so that an open tab
reconnects by itself.

What arrives is journaled in the platform's per-user state folder, within the memory
budget and readable by you alone, so that a crash does not lose it. A clean exit and
Clear remove it.

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 port taken, 4 no running instance.
`;
}
