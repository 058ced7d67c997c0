#!/usr/bin/env node
/**
 * `npm run bench`: bundles every `*.bench.ts` beside this file, runs each in a Node process of its
 * own with an exposed garbage collector, and writes what they measured to results.md.
 *   --smoke       a few seconds a bench: shows that the benches run, not how fast anything is
 *   --json        prints the reports as one JSON line instead of Markdown
 *   --profile     the bench "profile" alone: writes the tables in profiles/
 *   NAME ...      only these benches; results.md stays as it is
 * Each bench exports `title` and `run(options)`, which resolves with Markdown lines, or with
 * `{lines, figures}` when `support/targets.ts` names some of its figures (support/stats.ts).
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtinModules } from 'node:module';
import { rolldown } from 'rolldown';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const smoke = process.argv.includes('--smoke');
const asJson = process.argv.includes('--json');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (process.argv.includes('--profile')) wanted.push('profile');
const known = namesIn(here, '.bench.ts');
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are ${known.join(', ')}.`);
  process.exit(2);
}
const loadBefore = loadavg()[0];

// Inside node_modules, so that what is not bundled resolves as it does for the sources, and as deep
// as test/support/otlp, whose paths to proto/ are relative.
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'bench-'));
const reports = [];
let failed = false;
try {
  for (const name of namesIn(join(here, 'support'), '.process.ts')) {
    await build(join(here, 'support', `${name}.process.ts`), `${name}.process.cjs`, 'cjs');
  }
  for (const name of known.filter((name) => wanted.length === 0 || wanted.includes(name))) {
    await build(join(here, `${name}.bench.ts`), `${name}.mjs`, 'es');
    const report = runBench(name);
    failed ||= report === undefined;
    if (report === undefined) continue;
    reports.push({ name, ...report });
    if (!asJson) console.log(`\n## ${report.title}\n\n${report.lines.join('\n')}`);
  }
  if (!smoke && wanted.length === 0 && !failed) await writeResults();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (asJson) console.log(JSON.stringify(reports));
process.exit(failed ? 1 : 0);

function namesIn(directory, end) {
  const files = readdirSync(directory).filter((file) => file.endsWith(end));
  return files.map((file) => file.slice(0, -end.length)).sort();
}

async function build(input, file, format) {
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: [/^node:/, ...builtinModules, 'protobufjs', '@grpc/grpc-js', 'ws', 'playwright-core'],
    logLevel: 'silent',
  });
  // Profiles name the places of the sources.
  await bundle.write({ file: join(folder, file), format, codeSplitting: false, sourcemap: true });
  await bundle.close();
}

/** The report of one bench, from a process of its own; undefined when it failed. */
function runBench(name) {
  const entry = join(folder, `${name}.run.mjs`);
  const answer = join(folder, `${name}.json`);
  writeFileSync(
    entry,
    `import { writeFileSync } from 'node:fs';
import { title, run } from './${name}.mjs';
const processFile = (name) => ${JSON.stringify(folder)} + '/' + name + '.process.cjs';
const made = await run({ smoke: ${smoke}, root: ${JSON.stringify(root)}, processFile });
const report = Array.isArray(made) ? { lines: made, figures: {} } : made;
writeFileSync(${JSON.stringify(answer)}, JSON.stringify({ title, ...report }));
process.exit(0);\n`,
  );
  const flags = ['--expose-gc', '--max-old-space-size=8192'];
  // What a bench prints on the way goes to the errors, so that the output is the reports.
  const result = spawnSync(process.execPath, [...flags, entry], { stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    console.error(`The bench ${name} failed (${result.signal ?? result.status}).`);
    return undefined;
  }
  return JSON.parse(readFileSync(answer, 'utf8'));
}

async function writeResults() {
  await build(join(here, 'support/compose.ts'), 'compose.mjs', 'es');
  const { composeResults } = await import(pathToFileURL(join(folder, 'compose.mjs')).href);
  const path = join(here, 'results.md');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  writeFileSync(path, composeResults({ machine: machineLine(), reports, before }));
}

function machineLine() {
  const processors = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return [
    `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
    `${gib} GiB`,
    process.platform,
    `Node ${process.version}`,
    `load average ${loadBefore.toFixed(2)} before the run`,
  ].join(', ');
}
