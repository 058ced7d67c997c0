/**
 * How a host is told what to start with: the settings that the command line resolved (flags, then
 * variables, then the settings file) and passes on to the desktop app as arguments. Pure.
 */
import type { EngineConfig } from './control.ts';

export interface LaunchOptions {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Addresses the receivers bind. */
  readonly hosts: readonly string[];
  readonly memoryBytes: number;
  /** Whether what arrives is journaled, to survive a crash. */
  readonly journal: boolean;
  /** Whether a capture that a crash left is taken back without asking. */
  readonly restore: boolean;
  /** Files to import after the start. */
  readonly files: readonly string[];
  /** Print one ready line to stdout (for the launcher that watches the start). */
  readonly handshake: boolean;
}

export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1'];

export const DEFAULT_LAUNCH: LaunchOptions = {
  httpPort: 4318,
  grpcPort: 4317,
  hosts: LOOPBACK_HOSTS,
  memoryBytes: 1024 ** 3,
  journal: true,
  restore: false,
  files: [],
  handshake: false,
};

/** The line that a desktop app started with `handshake` prints when its window is up. */
export const HANDSHAKE_EVENT = 'ready';

/** Arguments that `parseLaunchArgs` reads back. Files come after `--`. */
export function formatLaunchArgs(options: LaunchOptions): string[] {
  const args = [
    `--http-port=${options.httpPort}`,
    `--grpc-port=${options.grpcPort}`,
    `--host=${options.hosts.join(',')}`,
    `--memory=${options.memoryBytes}`,
  ];
  if (!options.journal) args.push('--no-journal');
  if (options.restore) args.push('--restore');
  if (options.handshake) args.push('--flametail-handshake');
  return [...args, '--', ...options.files];
}

/**
 * Reads the arguments after the program's own. What it does not know (Chromium's and the system's
 * switches) is passed over; a value that makes no sense leaves the default. Anything that is not a
 * switch is a file.
 */
export function parseLaunchArgs(args: readonly string[]): LaunchOptions {
  let { httpPort, grpcPort, hosts, memoryBytes, journal, restore, handshake } = DEFAULT_LAUNCH;
  const files: string[] = [];
  let onlyFiles = false;
  for (const arg of args) {
    if (onlyFiles || !arg.startsWith('-')) {
      files.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const value = equals < 0 ? '' : arg.slice(equals + 1);
    switch (name) {
      case '--':
        onlyFiles = true;
        break;
      case '--http-port':
        httpPort = readPort(value) ?? httpPort;
        break;
      case '--grpc-port':
        grpcPort = readPort(value) ?? grpcPort;
        break;
      case '--host':
        if (value !== '') hosts = value.split(',');
        break;
      case '--memory':
        memoryBytes = /^\d{1,15}$/.test(value) ? Number(value) : memoryBytes;
        break;
      case '--no-journal':
        journal = false;
        break;
      case '--restore':
        restore = true;
        break;
      case '--flametail-handshake':
        handshake = true;
        break;
      default:
        break;
    }
  }
  return { httpPort, grpcPort, hosts, memoryBytes, journal, restore, files, handshake };
}

/** A decimal port number, 0 to 65535; undefined for anything else. */
export function readPort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

/**
 * The engine's part of the options; the journal's folder is the host's to add. Desktop windows open
 * even when a port is taken.
 */
export function engineConfig(
  options: LaunchOptions,
  version: string,
  requirePorts: boolean,
): EngineConfig {
  const { httpPort, grpcPort, hosts, memoryBytes } = options;
  return { version, httpPort, grpcPort, hosts, memoryBytes, requirePorts };
}
