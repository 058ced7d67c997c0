import { describe, expect, test } from 'vitest';
import { axisTicks, roundStep, tickLabel } from '../../renderer/canvas/axis-painter.ts';
import { random } from '../support/canvas/recorder.ts';

const labels = (startNs: number, endNs: number, widthPx: number): string[] =>
  axisTicks({ startNs, endNs }, widthPx).map(({ label }) => label.replaceAll('\u00a0', ' '));

describe('time axis', () => {
  test('begins at 0 and goes on in round steps of one unit until it must change', () => {
    expect(labels(0, 1.28e9, 800)).toEqual([
      '0',
      '200 ms',
      '400 ms',
      '600 ms',
      '800 ms',
      '1.0 s',
      '1.2 s',
    ]);
  });

  test('steps below half a minute are 1, 2 or 5 of a power of ten, and never below a nanosecond', () => {
    expect([0.3, 1, 1.1, 2.5, 7, 10, 140].map(roundStep)).toEqual([1, 1, 2, 5, 10, 10, 200]);
  });

  test('labels carry as many decimals as the step needs', () => {
    expect(tickLabel(1.5e9, 1e8)).toBe('1.5\u00a0s');
    expect(tickLabel(634e6 + 12, 2)).toBe('634.000012\u00a0ms');
    expect(tickLabel(2e9, 1e9)).toBe('2\u00a0s');
  });

  test('minutes, hours and days are written as durations are, in steps that divide them', () => {
    expect(labels(0, 190e9, 500)).toEqual([
      '0',
      '30 s',
      '1 m',
      '1 m 30 s',
      '2 m',
      '2 m 30 s',
      '3 m',
    ]);
    expect(labels(0, 5 * 3600e9, 500)).toEqual(['0', '1 h', '2 h', '3 h', '4 h', '5 h']);
    expect(labels(0, 1e16, 500)).toEqual(['0', '20 d', '40 d', '60 d', '80 d', '100 d']);
    expect(labels(61e9, 61.05e9, 800)[1]).toBe('1 m 1.01 s');
  });

  test('no two labels of an axis are the same, and each has room', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const startNs = Math.floor(next() * 10 ** (next() * 14));
      const endNs = startNs + 100 + 10 ** (next() * 13);
      const ticks = axisTicks({ startNs, endNs }, 700);
      expect(new Set(ticks.map(({ label }) => label)).size, `seed ${seed}`).toBe(ticks.length);
      const [first, second] = ticks;
      if (first === undefined || second === undefined) continue;
      const gapPx = ((second.ns - first.ns) / (endNs - startNs)) * 700;
      expect(gapPx, `seed ${seed}`).toBeGreaterThan(first.label.length * 5.5);
    }
  });
});
