#!/usr/bin/env node
/**
 * `npm start`: builds when the build is missing or older than its sources, then runs the program.
 * Arguments go on to it: `npm start -- serve --http-port 0`.
 */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = ['proto', 'electron', 'renderer', 'package.json', 'vite.config.ts'];

async function newestChange(path) {
  const info = await stat(path);
  if (!info.isDirectory()) return info.mtimeMs;
  let newest = 0;
  for (const entry of await readdir(path)) {
    newest = Math.max(newest, await newestChange(join(path, entry)));
  }
  return newest;
}

async function isBuilt() {
  let builtMs;
  try {
    builtMs = (await stat(join(root, 'dist/cli.js'))).mtimeMs;
  } catch {
    return false; // Nothing was built yet.
  }
  for (const source of SOURCES) {
    if ((await newestChange(join(root, source))) > builtMs) return false;
  }
  return true;
}

if (!(await isBuilt())) {
  console.error('Building Flametail, a few seconds …');
  await build('error');
}
const program = spawn(process.execPath, [join(root, 'dist/cli.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => program.kill(signal));
program.on('exit', (code) => process.exit(code ?? 1));
