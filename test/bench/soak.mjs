/**
 * Soaks the built program and keeps the report in results.md.
 *   --minutes N    how long (20)
 *   --no-browser   a client of the live protocol looks, instead of Chromium
 * Exits with 1 when memory, latency or counts do not hold.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    browser: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const minutes = Number(values.minutes);
if (!(minutes >= 1)) {
  console.error('--minutes is a number of at least 1.');
  process.exit(2);
}

// As deep as test/support/otlp, whose paths to proto/ are relative.
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'soak-'));
let holds = false;
try {
  const bundle = await rolldown({
    input: join(root, 'test/bench/soak.ts'),
    platform: 'node',
    external: [/^node:/, ...builtinModules, /^[^./]/],
    logLevel: 'silent',
  });
  const file = join(folder, 'soak.mjs');
  await bundle.write({ file, format: 'es', codeSplitting: false });
  const { soak } = await import(pathToFileURL(file).href);
  const result = await soak({ root, minutes, browser: values.browser });
  holds = result.holds;
  const section = `## Soak\n\n${result.lines.join('\n')}\n`;
  process.stdout.write(`\n${section}`);
  keep(section);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(holds ? 0 : 1);

/** Puts the section in place of the one before it, or at the end. */
function keep(section) {
  const path = fileURLToPath(new URL('results.md', import.meta.url));
  let text = '# Bench results\n';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // The first results.
  }
  const without = text.replace(/\n## Soak\n[\s\S]*?(?=\n## |$)/, '').trimEnd();
  writeFileSync(path, `${without}\n\n${section}`);
}
