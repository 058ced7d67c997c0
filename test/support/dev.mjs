#!/usr/bin/env node
/**
 * `npm run dev`: rebuilds on every change and restarts the program, with the demo's traffic.
 *   --web       browser mode instead of the desktop window (`npm run dev:web`)
 *   --no-demo   no traffic
 * The page is served as in production, with its content security policy: reload to see a change.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const web = process.argv.includes('--web');
const SETTLE_MS = 150;
const children = new Set();

function run(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

async function stop(child) {
  if (!children.has(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

let program;
let building = false;
let changed = false;

async function rebuild() {
  if (building) {
    changed = true;
    return;
  }
  building = true;
  do {
    changed = false;
    try {
      await build('error');
      if (program !== undefined) await stop(program);
      program = run([join(root, 'dist/cli.js'), ...(web ? ['serve'] : [])]);
    } catch (error) {
      console.error(`The build failed: ${error.message}`);
    }
  } while (changed);
  building = false;
}

await rebuild();
if (!process.argv.includes('--no-demo')) run([join(root, 'test/demo/start.mjs')]);
let timer;
for (const folder of ['proto', 'electron', 'renderer']) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void rebuild(), SETTLE_MS);
  });
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGTERM');
    process.exit(0);
  });
}
