/**
 * Takes the pictures of every state and keeps them in docs/pictures.
 *   NAME ...   only pictures whose names start so
 *   --out DIR  elsewhere
 * Wants a build and a Chromium.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: join(root, 'docs/pictures') } },
});
const { module } = await runnerImport(join(root, 'test/support/pictures/take.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
await module.takePictures({ root, out: values.out, only: positionals });
