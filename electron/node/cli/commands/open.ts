/** `flametail`: the desktop app where it can be opened, else browser mode with one line saying why. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { formatLaunchArgs, HANDSHAKE_EVENT } from '../../host/launch-args.ts';
import type { CliContext } from '../context.ts';
import { machineFacts, probeBinary, probeDesktop } from '../desktop-probe.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { plain } from '../terminal-text.ts';
import { loadSettings, serve, type ServeOptions } from './serve.ts';

export interface OpenOptions extends ServeOptions {
  readonly desktop?: boolean;
  readonly browser?: boolean;
}

/** A desktop app that says nothing for this long does not start (missing libraries, no sandbox). */
const HANDSHAKE_TIMEOUT_MS = 8000;
/** A large journal is read back before the app is ready. */
const RESTORE_HANDSHAKE_TIMEOUT_MS = 60_000;
/** The end of the child's error output, for the reason. */
const KEPT_ERROR_LENGTH = 2000;

export async function open(
  files: readonly string[],
  options: OpenOptions,
  context: CliContext,
): Promise<ExitCode> {
  if (options.browser === true) return serve(files, options, context, true);
  const facts = { ...machineFacts(context.desktopEntry), env: context.env };
  const found = options.desktop === true ? probeBinary(facts) : probeDesktop(facts);
  let reason: string;
  if (found.type === 'browser') {
    reason = found.remedy === '' ? found.reason : `${found.reason} (${found.remedy})`;
  } else {
    const outcome = await runDesktop(found.executable, files, options, context);
    if (outcome.type === 'ended') return outcome.exitCode;
    reason = outcome.reason;
  }
  if (options.desktop === true) {
    throw new CliError(EXIT.usage, `The desktop app cannot be opened: ${reason}.`);
  }
  if (options.quiet !== true) {
    context.err(`Opening in the browser, because ${plain(reason)}.\n`);
  }
  return serve(files, options, context, true);
}

type DesktopOutcome =
  | { readonly type: 'ended'; readonly exitCode: ExitCode }
  /** It never came up. */
  | { readonly type: 'failed'; readonly reason: string };

/** Runs the desktop app in the foreground until it ends. */
async function runDesktop(
  executable: string,
  files: readonly string[],
  options: OpenOptions,
  context: CliContext,
): Promise<DesktopOutcome> {
  const settings = await loadSettings(options, context);
  const args = formatLaunchArgs({
    httpPort: settings.httpPort,
    grpcPort: settings.grpcPort,
    hosts: settings.hosts,
    memoryBytes: settings.memoryBytes,
    journal: settings.journal,
    restore: settings.restore,
    files: files.map((file) => resolve(file)),
    handshake: true,
  });
  const child = spawn(executable, [context.desktopEntry, ...args], {
    env: context.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const failure = await waitForHandshake(
    child,
    settings.restore ? RESTORE_HANDSHAKE_TIMEOUT_MS : HANDSHAKE_TIMEOUT_MS,
  );
  if (failure !== undefined) {
    child.kill();
    return { type: 'failed', reason: failure };
  }
  void context.untilStopped().then(() => child.kill());
  const exitCode = await new Promise<ExitCode>((resolveExit) => {
    child.once('exit', (code) => {
      resolveExit(code === 0 || code === null ? EXIT.ok : EXIT.failed);
    });
  });
  return { type: 'ended', exitCode };
}

/** Resolves with undefined when the ready line came, else with why it will not. */
function waitForHandshake(child: ChildProcess, timeoutMs: number): Promise<string | undefined> {
  return new Promise((settle) => {
    let output = '';
    let errors = '';
    const timer = setTimeout(() => {
      settle(`the desktop app did not start within ${timeoutMs / 1000} seconds`);
    }, timeoutMs);
    const done = (failure: string | undefined): void => {
      clearTimeout(timer);
      settle(failure);
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_ERROR_LENGTH);
      if (output.split('\n').some(isReadyLine)) done(undefined);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-KEPT_ERROR_LENGTH);
    });
    child.once('error', (error) => {
      done(`the desktop app could not be started: ${error.message}`);
    });
    child.once('exit', () => {
      const last = errors.trim().split('\n').at(-1) ?? '';
      done(`the desktop app ended at once${last === '' ? '' : `: ${last}`}`);
    });
  });
}

function isReadyLine(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    return (JSON.parse(line) as { event?: unknown }).event === HANDSHAKE_EVENT;
  } catch {
    return false; // Cut off by the end of a chunk, or not ours.
  }
}
