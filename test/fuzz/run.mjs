/**
 * Runs the fuzz campaign in a process of its own and watches it.
 *   --seconds N   how long (600)
 *   --seed N      first seed (from the clock; it is printed)
 *   --target T    ingest, live, sockets, codings or grpc alone
 *   --once        one turn of the seed
 * Exits with 1 at a finding, and at a turn that does not end.
 */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

/** A turn takes seconds; this long means that it hangs. */
const HANG_MS = 120_000;

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    target: { type: 'string' },
    once: { type: 'boolean', default: false },
  },
});
const options = {
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  target: values.target,
  once: values.once,
  outputFolder: join(root, 'test/.output'),
};
if (!Number.isFinite(options.seconds) || !Number.isSafeInteger(options.seed)) {
  console.error('--seconds and --seed are numbers.');
  process.exit(2);
}

// As deep as test/support/otlp, whose paths to proto/ and fixtures are relative.
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'fuzz-'));
const bundle = await rolldown({
  input: join(root, 'test/fuzz/campaign.ts'),
  platform: 'node',
  external: [/^node:/, ...builtinModules, /^[^./]/],
  transform: { define: { __VERSION__: '"0.0.0-fuzz"' } },
  logLevel: 'silent',
});
await bundle.write({ dir: folder, format: 'es', codeSplitting: false });
const entry = join(folder, 'run.js');
writeFileSync(
  entry,
  `import { campaign } from './campaign.js';
process.exit(await campaign(${JSON.stringify(options)}));\n`,
);

console.log(`seed ${options.seed}, ${options.once ? 'one turn' : `${options.seconds} s`}`);
const child = fork(entry, { execArgv: ['--expose-gc'] });
let turn = { target: 'start', seed: options.seed };
let watchdog;
const watch = () => {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    console.error(`${turn.target}, seed ${turn.seed}: no end after ${HANG_MS / 1000} s.`);
    child.kill('SIGKILL');
  }, HANG_MS);
};
watch();
child.on('message', (message) => {
  turn = message;
  watch();
});
const code = await new Promise((resolve) => child.once('exit', resolve));
clearTimeout(watchdog);
if (code !== 0) console.error(`Ended in ${turn.target}, seed ${turn.seed}.`);
rmSync(folder, { recursive: true, force: true });
process.exit(code ?? 1);
