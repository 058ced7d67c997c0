/** `npm run crash [TIMES]`: kills the built program and its engine under load, 100 times each. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const args = ['run', '--project', 'unit', 'test/integration/journal-crash.test.ts'];
const child = spawn(process.execPath, [vitest, ...args], {
  stdio: 'inherit',
  env: { ...process.env, FLAMETAIL_CRASHES: process.argv[2] ?? '100' },
});
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
