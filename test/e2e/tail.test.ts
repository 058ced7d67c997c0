/** `flametail tail` as a process of its own, on a real pipe. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProgram, type Program } from '../support/program.ts';
import { sendLogs } from '../support/send.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let program: Program;

beforeAll(async () => {
  program = await startProgram(ROOT);
});
afterAll(() => program.stop());

it('ends with 0 and says nothing when the reader of its pipe goes away', async () => {
  const env = { ...process.env, FLAMETAIL_STATE_DIR: program.stateFolder };
  const args = [`${ROOT}dist/cli.js`, 'tail', '--logs'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  let isPrinting = false;
  const first = new Promise<void>((resolve) => {
    child.stdout.once('data', () => {
      isPrinting = true;
      resolve();
    });
  });
  // The tail takes a moment to connect, and prints what comes from then on.
  while (!isPrinting) await sendLogs(program.httpPort, ['a line']);
  await first;
  child.stdout.destroy();
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver) await sendLogs(program.httpPort, ['nobody reads this']);
  expect(await ended).toBe(0);
  expect(err).toBe('');
});
