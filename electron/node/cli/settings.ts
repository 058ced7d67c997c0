/**
 * The settings of a run: flags first, then FLAMETAIL_* variables, then the settings file. Pure; what
 * cannot be used is a wrong usage that names where it came from.
 */
import { DEFAULT_LAUNCH, LOOPBACK_HOSTS, readPort } from '../host/launch-args.ts';
import { CliError, EXIT } from './exit.ts';
import { parseSize } from './size.ts';

/** The flags that set something; commander's names. Absent ones were not given. */
export interface Flags {
  readonly httpPort?: string | undefined;
  readonly grpcPort?: string | undefined;
  readonly uiPort?: string | undefined;
  readonly host?: string | undefined;
  readonly uiHost?: string | undefined;
  readonly memory?: string | undefined;
  /** False for --no-open. */
  readonly open?: boolean | undefined;
  /** False for --no-journal. */
  readonly journal?: boolean | undefined;
  readonly restore?: boolean | undefined;
}

export interface Settings {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly uiPort: number;
  /** Where the OTLP ports listen. */
  readonly hosts: readonly string[];
  /** Where the UI port listens: on loopback, wherever the OTLP ports listen. */
  readonly uiHosts: readonly string[];
  readonly memoryBytes: number;
  /** Whether browser mode may open the browser. */
  readonly open: boolean;
  /** Whether what arrives is journaled, to survive a crash. */
  readonly journal: boolean;
  /** Whether a capture that a crash left is taken back without asking. */
  readonly restore: boolean;
  /** A token chosen by the person, so that a tab survives a restart; null makes a new one. */
  readonly token: string | null;
}

export interface SettingsSources {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The settings file's object, or null when there is none. */
  readonly file: Readonly<Record<string, unknown>> | null;
  /** The settings file's path, for messages. */
  readonly filePath: string;
}

export const DEFAULT_UI_PORT = 4319;
/** Below this the store's own tables leave no room for telemetry. */
const MIN_MEMORY_BYTES = 16 * 1024 ** 2;

/** A setting's text and where it came from. */
interface Found {
  readonly text: string;
  readonly source: string;
}

/** Throws CliError (wrong usage) for a value that cannot be used. */
export function resolveSettings(sources: SettingsSources): Settings {
  const find = (flag: keyof Flags, option: string, variable: string): Found | undefined =>
    findSetting(sources, flag, option, variable);
  return {
    httpPort: port(find('httpPort', '--http-port', 'FLAMETAIL_HTTP_PORT'), DEFAULT_LAUNCH.httpPort),
    grpcPort: port(find('grpcPort', '--grpc-port', 'FLAMETAIL_GRPC_PORT'), DEFAULT_LAUNCH.grpcPort),
    uiPort: port(find('uiPort', '--ui-port', 'FLAMETAIL_UI_PORT'), DEFAULT_UI_PORT),
    hosts: hosts(find('host', '--host', 'FLAMETAIL_HOST')),
    uiHosts: hosts(find('uiHost', '--ui-host', 'FLAMETAIL_UI_HOST')),
    memoryBytes: memory(find('memory', '--memory', 'FLAMETAIL_MEMORY')),
    open: flag(find('open', '--no-open', 'FLAMETAIL_OPEN'), true),
    journal: flag(find('journal', '--no-journal', 'FLAMETAIL_JOURNAL'), DEFAULT_LAUNCH.journal),
    restore: flag(find('restore', '--restore', 'FLAMETAIL_RESTORE'), DEFAULT_LAUNCH.restore),
    token: chosenToken(sources.env['FLAMETAIL_TOKEN']),
  };
}

/** Whether every address is reachable from this machine alone. */
export function isLoopback(addresses: readonly string[]): boolean {
  return addresses.every((host) => host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host));
}

function findSetting(
  { flags, env, file, filePath }: SettingsSources,
  flag: keyof Flags,
  option: string,
  variable: string,
): Found | undefined {
  const given = flags[flag];
  if (given !== undefined) return { text: String(given), source: option };
  const fromEnv = env[variable];
  if (fromEnv !== undefined && fromEnv !== '') return { text: fromEnv, source: variable };
  const fromFile = file?.[flag];
  if (fromFile === undefined || fromFile === null) return undefined;
  const source = `"${flag}" in ${filePath}`;
  if (!['string', 'number', 'boolean'].includes(typeof fromFile)) {
    throw wrong({ text: JSON.stringify(fromFile), source }, 'a text, a number, true or false');
  }
  return { text: String(fromFile as string | number | boolean), source };
}

function wrong({ text, source }: Found, expected: string): CliError {
  return new CliError(EXIT.usage, `${source}: "${text}" is not ${expected}.`);
}

function port(found: Found | undefined, otherwise: number): number {
  if (found === undefined) return otherwise;
  const number = readPort(found.text);
  if (number === undefined) throw wrong(found, 'a port number (0 to 65535; 0 takes a free one)');
  return number;
}

function hosts(found: Found | undefined): readonly string[] {
  if (found === undefined || found.text === 'localhost') return LOOPBACK_HOSTS;
  if (!/^[0-9a-z.:_-]+(?:,[0-9a-z.:_-]+)*$/i.test(found.text)) {
    throw wrong(found, 'an address, or several with commas between');
  }
  return found.text.split(',').flatMap((host) => (host === 'localhost' ? LOOPBACK_HOSTS : [host]));
}

function memory(found: Found | undefined): number {
  if (found === undefined) return DEFAULT_LAUNCH.memoryBytes;
  const bytes = parseSize(found.text);
  if (bytes === undefined) throw wrong(found, 'a size such as 512MiB or 2GiB');
  if (bytes < MIN_MEMORY_BYTES) throw wrong(found, 'at least 16MiB');
  return bytes;
}

/** Only from the environment: flags are seen by every process, and a file would keep it for good. */
function chosenToken(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  if (/^[\w-]{16,128}$/.test(text)) return text;
  throw new CliError(
    EXIT.usage,
    'FLAMETAIL_TOKEN: a token has 16 to 128 letters, digits, "-" or "_".',
  );
}

function flag(found: Found | undefined, otherwise: boolean): boolean {
  if (found === undefined) return otherwise;
  if (found.text === 'true' || found.text === '1') return true;
  if (found.text === 'false' || found.text === '0') return false;
  throw wrong(found, 'true or false');
}
