/** What a command gets from the process around it; tests give their own. */
import type { EngineSpawner } from '../host/engine-host.ts';

/** What standard output is. */
export interface Terminal {
  /** Characters in a line; null when it is no terminal. */
  readonly columns: number | null;
}

export interface CliContext {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output and standard error, as text. */
  out(text: string): void;
  err(text: string): void;
  /** Bytes to standard output; resolves when more may be written. */
  outBytes(bytes: Uint8Array): Promise<void>;
  /** Left out: standard output is no terminal. */
  readonly terminal?: Terminal;
  /** Makes engine processes. */
  readonly spawner: EngineSpawner;
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** The built Electron main. */
  readonly desktopEntry: string;
  /** Resolves when the person or the system asks the process to end. */
  untilStopped(): Promise<void>;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}
