/** Where files of the installation and of this user are. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configFolderPath, stateFolderPath } from '../host/state-folder.ts';
import { CliError, EXIT } from './exit.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The settings file; FLAMETAIL_CONFIG_DIR names another folder. */
export function settingsPath(env: Env): string {
  return join(configFolderPath(env), 'settings.json');
}

/** The per-user state folder; FLAMETAIL_STATE_DIR names another. Made when missing, for the user alone. */
export async function stateFolder(env: Env): Promise<string> {
  const folder = stateFolderPath(env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** The settings file's object; null when there is no file. Throws CliError when it is not one. */
export async function readSettingsFile(
  path: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const wrong = new CliError(EXIT.usage, `The settings file ${path} is not a JSON object.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong;
  return value as Readonly<Record<string, unknown>>;
}

/** The folder of the built program, whichever of its files this code was bundled into. */
export function builtFolder(): URL {
  const here = new URL('.', import.meta.url);
  return here.pathname.endsWith('/chunks/') ? new URL('../', here) : here;
}

/** A file of the built program as a path. */
export function builtPath(name: string): string {
  return fileURLToPath(new URL(name, builtFolder()));
}
