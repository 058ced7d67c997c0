#!/usr/bin/env node
/**
 * `npm run bench`: bundles every `*.bench.ts` beside this file, runs each in a Node process of its
 * own with an exposed garbage collector, and writes what they print to results.md.
 *   --smoke       a few seconds: shows that the benches run, not how fast anything is
 *   NAME ...      only these benches
 * Each bench exports `title` and `run({smoke}): Promise<string[]>`, lines of Markdown.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinModules } from 'node:module';
import { rolldown } from 'rolldown';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const smoke = process.argv.includes('--smoke');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const names = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort();

// Inside node_modules, so that what is not bundled resolves as it does for the sources, and as deep
// as test/support/otlp, whose paths to proto/ are relative.
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'bench-'));
const sections = [];
let failed = false;
try {
  for (const name of names) {
    const bundle = await rolldown({
      input: join(here, `${name}.bench.ts`),
      platform: 'node',
      external: [/^node:/, ...builtinModules, 'protobufjs', '@grpc/grpc-js', 'playwright-core'],
      logLevel: 'silent',
    });
    const file = join(folder, `${name}.mjs`);
    await bundle.write({ file, format: 'es', codeSplitting: false });
    const entry = join(folder, `${name}.run.mjs`);
    writeFileSync(
      entry,
      `import { title, run } from './${name}.mjs';
const lines = await run({ smoke: ${smoke}, root: ${JSON.stringify(root)} });
process.stdout.write('\\n## ' + title + '\\n\\n' + lines.join('\\n') + '\\n');
process.exit(0);\n`,
    );
    const result = spawnSync(
      process.execPath,
      ['--expose-gc', '--max-old-space-size=8192', entry],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      },
    );
    process.stdout.write(result.stdout);
    if (result.status !== 0) {
      console.error(`The bench ${name} failed.`);
      failed = true;
    }
    sections.push(result.stdout);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
/** The report of the last soak, which takes longer than all benches and is run by itself. */
function lastSoak() {
  try {
    const text = readFileSync(join(here, 'results.md'), 'utf8');
    return /\n## Soak\n[\s\S]*?(?=\n## |$)/.exec(text)?.[0] ?? '';
  } catch {
    return ''; // The first results.
  }
}

if (!smoke && wanted.length === 0 && !failed) {
  const processor = cpus();
  const machine = `${processor.length} × ${processor[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.version}`;
  writeFileSync(
    join(here, 'results.md'),
    `# Bench results\n\nMachine: ${machine}. Made by \`npm run bench\`. Fixed seeds; medians of the repetitions with their\nspread (lowest to highest). Absolute figures belong to this machine; the ratios within a run are what to compare.\n${sections.join('')}${lastSoak()}`,
  );
}
process.exit(failed ? 1 : 0);
