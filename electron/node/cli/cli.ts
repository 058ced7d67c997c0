#!/usr/bin/env node
/** Entry of the command line (dist/cli.js). */
import { pathToFileURL } from 'node:url';
import { workerSpawner } from '../host/worker-spawn.ts';
import { builtPath } from './folders.ts';
import { runCli } from './program.ts';

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    // `once`: the second signal ends the process at once, as without a handler.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}

// A parent that stops reading is no reason to stop receiving.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), {
  version: __VERSION__,
  env: process.env,
  out: (text) => void process.stdout.write(text),
  outBytes: (bytes) =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    }),
  err: (text) => void process.stderr.write(text),
  terminal: { columns: process.stdout.isTTY ? process.stdout.columns : null },
  spawner: workerSpawner(pathToFileURL(builtPath('engine.js'))),
  pageFolder: builtPath('renderer'),
  desktopEntry: builtPath('electron/main.js'),
  untilStopped,
});
