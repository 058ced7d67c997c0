import { describe, expect, it } from 'vitest';
import {
  DENSITY_MARGIN,
  densityColumnAt,
  densityColumnPx,
  paintDensity,
} from '../../renderer/canvas/density-painter.ts';
import {
  clockLabel,
  clockTicks,
  countTicks,
  DENSITY_LEVELS,
  slotCount,
} from '../../renderer/canvas/density-scale.ts';
import { recorder, style } from '../support/canvas/recorder.ts';

const MINUTE = 60_000;

describe('places of density columns', () => {
  it('leave room for the next ones, so that a new column moves none', () => {
    expect([97, 100, 104].map((columns) => slotCount(columns, 192))).toEqual([112, 112, 112]);
    expect(slotCount(0, 192)).toBe(1);
    expect(slotCount(5, 3)).toBe(5);
  });

  it('find the column that they draw', () => {
    for (let column = 0; column < 40; column++) {
      const px = densityColumnPx(column, 1000, 48) + 1;
      expect(densityColumnAt(px, 1000, 48, 40)).toBe(column);
    }
    expect(densityColumnAt(-50, 1000, 48, 40)).toBe(0);
    expect(densityColumnAt(999, 1000, 48, 40)).toBe(39);
  });
});

describe('axes of the density', () => {
  it.each([
    [0, []],
    [1, [1]],
    [7, [5]],
    [28, [10, 20]],
    [118, [50, 100]],
    [74_000, [25_000, 50_000]],
  ])('a highest column of %d has lines at %j', (highest, ticks) => {
    expect(countTicks(highest)).toEqual(ticks);
  });

  it('label round local times', () => {
    const from = new Date(2026, 6, 31, 14, 17, 20).getTime();
    const ticks = clockTicks(from, from + 15 * MINUTE, 5);
    expect(ticks.map((tick) => clockLabel(tick, 3 * MINUTE))).toEqual([
      '14:18',
      '14:21',
      '14:24',
      '14:27',
      '14:30',
    ]);
    expect(clockLabel(from, 1000)).toBe('14:17:20');
    expect(clockLabel(from + 5, 1)).toBe('14:17:20.005');
  });
});

describe('the density', () => {
  const area = { widthPx: 500, heightPx: 92, dpr: 1, widthDevicePx: 500, heightDevicePx: 92 };

  it('stacks levels from the bottom up, and draws one error among thousands', () => {
    const counts = new Uint32Array(2 * DENSITY_LEVELS);
    counts.set([0, 1000, 3000, 0, 1, 0, 0]);
    const { context, calls } = recorder();
    const data = { fromMs: 0, columnMs: 1000, columns: 2, counts };
    paintDensity(context, area, { data, slots: 10, cursor: -1 }, style);
    const stack = calls.filter(({ op, fill }) => op === 'fillRect' && fill.startsWith('l-'));
    expect(stack.map(({ fill }) => fill)).toEqual(['l-debug', 'l-info', 'l-error']);
    const [debug, info, error] = stack;
    const bottom = area.heightPx - DENSITY_MARGIN.bottom;
    expect((debug?.y ?? 0) + (debug?.height ?? 0)).toBe(bottom);
    expect((info?.y ?? 0) + (info?.height ?? 0)).toBe(debug?.y);
    expect(error?.height).toBe(1);
    expect(error?.y).toBeGreaterThanOrEqual(DENSITY_MARGIN.top - 1);
  });
});
