/** The real built shell around a page and an engine that do nothing, for tests of the shell alone. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtPath } from './dist.ts';

const STAND_IN = fileURLToPath(new URL('./stand-in', import.meta.url));

export interface StandIn {
  /** The main file to launch. */
  readonly main: string;
  /** The temporary folder, for files of the test too. */
  readonly folder: string;
  dispose(): Promise<void>;
}

/** Puts dist/electron beside the stand-in page and engine in a temporary folder. */
export async function createStandIn(): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'flametail-stand-in-'));
  await cp(builtPath('electron'), join(folder, 'dist/electron'), { recursive: true });
  await cp(STAND_IN, join(folder, 'dist'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return {
    main: join(folder, 'dist/electron/main.js'),
    folder,
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
