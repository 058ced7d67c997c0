/**
 * Every bench runs to its end in its short form and gives figures that can be true; no speed is judged.
 * Those that start the program need the build.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TARGETS } from '../bench/support/targets.ts';
import type { TitledReport } from '../bench/support/compose.ts';

const run = promisify(execFile);
const BENCHES = fileURLToPath(new URL('../bench/', import.meta.url));
const TIMEOUT_MS = 180_000;

/** Figures that may be 0 in a short run: the system counts CPU in steps of 10 ms. */
const MAY_BE_ZERO = new Set(['start.idlePercent']);
const KNOWN_FIGURES = new Set(TARGETS.map(({ figure }) => figure));

const names = readdirSync(BENCHES)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));

test.each(names)(
  'the bench %s gives figures that can be true',
  async (name) => {
    const flags = [`${BENCHES}run.mjs`, '--smoke', '--json', name];
    const { stdout } = await run(process.execPath, flags, { maxBuffer: 1 << 24 });
    const reports = JSON.parse(stdout) as TitledReport[];
    expect(reports).toHaveLength(1);
    for (const { title, lines, figures } of reports) {
      expect(title).not.toBe('');
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.join('\n')).not.toMatch(/NaN|Infinity|undefined|null/);
      expect(emptyTables(lines)).toEqual([]);
      for (const [figure, value] of Object.entries(figures)) {
        expect(KNOWN_FIGURES, figure).toContain(figure);
        // JSON has null for what is not finite.
        expect(value, figure).toBeTypeOf('number');
        if (!MAY_BE_ZERO.has(figure)) expect(value, figure).toBeGreaterThan(0);
      }
    }
  },
  TIMEOUT_MS,
);

/** Heads of tables without a row. */
function emptyTables(lines: readonly string[]): string[] {
  return lines.filter((_line, index) => {
    const isHead = /^\|[ :-]*-/.test(lines[index + 1] ?? '');
    return isHead && !(lines[index + 2] ?? '').startsWith('|');
  });
}
