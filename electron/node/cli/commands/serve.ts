/** `flametail serve`: browser mode in the foreground. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { describeImport, describeRestored } from '../../capture/describe.ts';
import type { ImportResult, JournalConfig } from '../../host/control.ts';
import { startEngine, type EngineEvent, type EngineHost } from '../../host/engine-host.ts';
import { HostFailure, toFailure } from '../../host/failure.ts';
import { offeredRecovery, openJournalFolder } from '../../host/journal-folder.ts';
import { stateFolderPath } from '../../host/state-folder.ts';
import { BindError } from '../../receiver/bind.ts';
import { UiServer } from '../../server/ui-server.ts';
import { openInBrowser } from '../browser.ts';
import type { CliContext, CommonOptions } from '../context.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { readSettingsFile, settingsPath, stateFolder } from '../folders.ts';
import { announceInstance, findInstance, type Instance } from '../instance.ts';
import { isLoopback, resolveSettings, type Flags, type Settings } from '../settings.ts';
import { formatSize } from '../size.ts';
import { plain, plainJson } from '../terminal-text.ts';

export interface ServeOptions extends CommonOptions, Flags {}

/** The settings of this run. Throws CliError. */
export async function loadSettings(flags: Flags, { env }: CliContext): Promise<Settings> {
  const filePath = settingsPath(env);
  const file = await readSettingsFile(filePath);
  return resolveSettings({ flags, env, file, filePath });
}

/** Serves until the process is asked to end. `openBrowser` opens the page when settings allow. */
export async function serve(
  files: readonly string[],
  options: ServeOptions,
  context: CliContext,
  openBrowser = false,
): Promise<ExitCode> {
  const settings = await loadSettings(options, context);
  const stopped = context.untilStopped();
  const running = await startServing(settings, context);
  try {
    sayReady(running.instance, settings, options, context);
    sayJournal(running, options, context);
    running.host.onEvent((event) => {
      context.err(`flametail: ${describeEvent(event, settings.journal)}\n`);
    });
    if (openBrowser && settings.open) openInBrowser(linkOf(running.instance));
    void loadFiles(files, running.host, options, context);
    await stopped;
  } finally {
    await running.close();
  }
  return EXIT.ok;
}

interface Running {
  readonly host: EngineHost;
  readonly instance: Instance;
  readonly journal: JournalConfig | undefined;
  /** Closes everything; safe to call twice. */
  close(): Promise<void>;
}

/** Opens all three ports or none, and announces the instance. Throws CliError. */
async function startServing(settings: Settings, context: CliContext): Promise<Running> {
  const token = settings.token ?? randomBytes(24).toString('base64url');
  const ui = await openUi(settings, token, context);
  const journal = openJournalFolder({
    stateFolder: stateFolderPath(context.env),
    isOn: settings.journal,
    restore: settings.restore,
    budgetBytes: settings.memoryBytes,
  });
  let host: EngineHost;
  try {
    host = await startEngine(context.spawner, {
      version: context.version,
      memoryBytes: settings.memoryBytes,
      httpPort: settings.httpPort,
      grpcPort: settings.grpcPort,
      hosts: settings.hosts,
      requirePorts: true,
      uiUrl: ui.url,
      ...(journal === undefined ? {} : { journal }),
    });
  } catch (error) {
    await ui.close();
    throw startFailure(error);
  }
  ui.serve(host);
  const instance = describeInstance(host, ui.url, token, context.version);
  const withdraw = await announce(instance, context);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await withdraw();
    await ui.close();
    await host.stop();
  };
  return { host, instance, journal, close: () => (closing ??= close()) };
}

/** Leaves the instance file. A home that cannot be written to (a container's) is only a warning. */
async function announce(instance: Instance, context: CliContext): Promise<() => Promise<void>> {
  try {
    return await announceInstance(await stateFolder(context.env), instance);
  } catch (error) {
    context.err(
      `flametail: warning: other commands will not find this instance: ${toFailure(error).message}\n`,
    );
    return () => Promise.resolve();
  }
}

/** The Flametail behind a UI port, when its file tells. */
async function findHolder(uiPort: number, context: CliContext): Promise<Instance | undefined> {
  try {
    return await findInstance(await stateFolder(context.env), uiPort);
  } catch {
    return undefined; // No state folder here: nobody is known.
  }
}

async function openUi(
  { uiHosts, uiPort }: Settings,
  token: string,
  context: CliContext,
): Promise<UiServer> {
  const { version, pageFolder } = context;
  try {
    return await UiServer.listen({ token, hosts: uiHosts, port: uiPort, version, pageFolder });
  } catch (error) {
    if (!(error instanceof BindError)) throw error;
    if (error.reason === 'failed') throw new CliError(EXIT.failed, error.message);
    const holder = await findHolder(uiPort, context);
    const who =
      holder === undefined
        ? 'another program. Stop it, or choose another port with --ui-port.'
        : `another Flametail (process ${holder.pid}), open at ${holder.ui}. ` +
          'Use that one, stop it, or choose another port with --ui-port.';
    throw new CliError(EXIT.portTaken, `Port ${uiPort} (UI) is taken by ${who}`);
  }
}

function startFailure(error: unknown): unknown {
  if (!(error instanceof HostFailure)) return error;
  return new CliError(error.code === 'portTaken' ? EXIT.portTaken : EXIT.failed, error.message);
}

function describeInstance(
  { receivers }: EngineHost,
  ui: string,
  token: string,
  version: string,
): Instance {
  const addressOf = (protocol: 'http' | 'grpc'): string => {
    const state = receivers.find((receiver) => receiver.protocol === protocol);
    const host = state?.hosts[0] ?? '127.0.0.1';
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `${name.includes(':') ? `[${name}]` : name}:${state?.port ?? 0}`;
  };
  return {
    version,
    otlpHttp: `http://${addressOf('http')}`,
    otlpGrpc: addressOf('grpc'),
    ui,
    token,
    pid: process.pid,
  };
}

/** The page's address with the token in its fragment, which browsers send to nobody. */
function linkOf({ ui, token }: Instance): string {
  return `${ui}#token=${token}`;
}

function sayReady(
  instance: Instance,
  { hosts, uiHosts }: Settings,
  { json, quiet }: CommonOptions,
  context: CliContext,
): void {
  if (!isLoopback(hosts)) {
    context.err(
      `flametail: warning: listening on ${hosts.join(', ')}. Everybody who reaches this address can send telemetry to it.\n`,
    );
  }
  if (!isLoopback(uiHosts)) {
    context.err(
      `flametail: warning: the UI listens on ${uiHosts.join(', ')}, unencrypted. Everybody who has the token can read and clear what was received.\n`,
    );
  }
  if (json === true) context.out(`${plainJson({ event: 'ready', ...instance })}\n`);
  else if (quiet !== true) {
    context.out(
      `Flametail ${instance.version}\n\n` +
        `  UI         ${linkOf(instance)}\n` +
        `  OTLP/HTTP  ${instance.otlpHttp}\n` +
        `  OTLP/gRPC  ${instance.otlpGrpc}\n\n` +
        'Ctrl+C stops it.\n',
    );
  }
}

/** What a crash left, and whether this run's own capture would survive one. */
function sayJournal(
  { host, journal }: Running,
  { json, quiet }: CommonOptions,
  context: CliContext,
): void {
  if (journal !== undefined && 'problem' in journal) {
    context.err(
      `flametail: warning: a crash would lose what is received: there is no journal. ${plain(journal.problem)}\n`,
    );
  }
  const { restored } = host;
  const offered =
    journal !== undefined && 'folder' in journal ? offeredRecovery(journal.folder) : null;
  if (json === true) {
    if (restored !== undefined) context.out(jsonLine({ event: 'restored', ...restored }));
    if (offered !== null) context.out(jsonLine({ event: 'recoverable', ...offered }));
  } else if (quiet !== true) {
    if (restored !== undefined) {
      context.out(`\nThe earlier capture is back: ${describeRestored(restored)}.\n`);
    }
    if (offered !== null) context.out(`\n${describeOffered(offered)}\n`);
  }
}

function jsonLine(value: object): string {
  return `${plainJson(value)}\n`;
}

function describeOffered({ bytes, startedMs }: { bytes: number; startedMs: number }): string {
  const since = new Date(startedMs).toLocaleString();
  return (
    `Flametail did not end cleanly: ${formatSize(bytes)} received since ${since} can be restored.\n` +
    'Choose Restore or Discard in the UI, or start with --restore.'
  );
}

function describeEvent(event: EngineEvent, isJournaled: boolean): string {
  switch (event.type) {
    case 'engine-exited': {
      if (!event.willRestart) {
        return `${event.reason} It failed too often to be started again; stop and start Flametail.`;
      }
      const held = isJournaled
        ? 'What it held comes back from the journal.'
        : 'What it held is lost.';
      return `${event.reason} ${held} Starting it again.`;
    }
    case 'engine-restarted':
      return event.restored === undefined
        ? 'The engine runs again.'
        : `The engine runs again. ${describeRestored(event.restored)}.`;
    case 'warning':
      return `warning: ${event.message}`;
  }
}

/**
 * Loads files one after the other; one that cannot be read is reported, and the rest go on. Never
 * rejects; ends early when the engine stops.
 */
async function loadFiles(
  files: readonly string[],
  host: EngineHost,
  { json, quiet }: CommonOptions,
  context: CliContext,
): Promise<void> {
  for (const file of files) {
    let result: ImportResult;
    try {
      result = await host.importFile(resolve(file));
    } catch (error) {
      if (!host.isRunning) return;
      context.err(`flametail: ${plain(file)}: ${plain(toFailure(error).message)}\n`);
      continue;
    }
    if (json === true) {
      context.out(`${plainJson({ event: 'imported', file, ...result })}\n`);
    } else if (quiet !== true) context.out(`${plain(file)}: ${plain(describeImport(result))}\n`);
  }
}
