/** Where the built program is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `dist/` of this checkout; FLAMETAIL_DIST names another one. */
export const DIST =
  process.env['FLAMETAIL_DIST'] ?? fileURLToPath(new URL('../../../dist', import.meta.url));

/** The path of a built file or folder. Throws one clear line when the build is missing. */
export function builtPath(name: string): string {
  const path = join(DIST, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run build\` first.`);
  return path;
}
