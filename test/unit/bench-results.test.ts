/** What results.md says of the figures of a run. */
import { describe, expect, test } from 'vitest';
import { composeResults, type TitledReport } from '../bench/support/compose.ts';

function compose(figures: Readonly<Record<string, number>>, before = ''): string {
  const reports: TitledReport[] = [{ title: 'Things', lines: ['Lines of things.'], figures }];
  return composeResults({ machine: 'one of paper', reports, before });
}

/** The cells of the row of a target. */
function row(text: string, what: string): string[] | undefined {
  const line = text.split('\n').find((other) => other.startsWith(`| ${what} |`));
  return line?.split('|').map((cell) => cell.trim());
}

describe('the table of targets', () => {
  test('says that a figure at its bound meets the target', () => {
    const text = compose({ 'scan.spans': 4e6, 'start.readyMs': 400 });
    expect(row(text, 'Scan, spans')?.slice(2, 5)).toEqual(['≥ 4.00 M/s', '4.00 M/s', 'met']);
    expect(row(text, 'Start to ready, browser mode')?.[4]).toBe('met');
  });

  test('says that a figure beyond its bound misses the target', () => {
    const text = compose({ 'scan.spans': 3.99e6, 'start.readyMs': 401 });
    expect(row(text, 'Scan, spans')?.[4]).toBe('**missed**');
    expect(row(text, 'Start to ready, browser mode')?.[4]).toBe('**missed**');
  });

  test('says which targets no bench measured', () => {
    expect(row(compose({}), 'Scan, spans')?.[3]).toBe('not measured');
  });

  test('reads the verdict of the last soak', () => {
    const soak = (verdict: string): string =>
      `## Soak\n\n20 minutes at a rate.\n\n| memory | ${verdict} |\n`;
    const what = 'Eight hours at 3 k spans/s';
    expect(row(compose({}, soak('yes')), what)?.slice(3, 5)).toEqual([
      '20 minutes, see Soak',
      'held',
    ]);
    expect(row(compose({}, soak('NO')), what)?.[4]).toBe('**missed**');
    expect(row(compose({}), what)?.[3]).toBe('not measured');
  });
});

describe('the results', () => {
  test('keep what people and the soak wrote, once, through any number of runs', () => {
    const before =
      '# Bench results\n\n## What bounds the misses\n\nThe cache.\n\n## Old bench\n\nOld.\n\n## Soak\n\n9 minutes at a rate.\n';
    const text = compose({}, compose({}, before));
    expect(text.match(/^## .*$/gm)).toEqual([
      '## Targets',
      '## What bounds the misses',
      '## Things',
      '## Soak',
    ]);
    expect(text).toContain('The cache.');
    expect(text).toContain('9 minutes at a rate.');
    expect(text).not.toContain('Old.');
  });
});
