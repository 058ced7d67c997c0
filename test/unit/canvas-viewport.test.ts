import { describe, expect, test } from 'vitest';
import { MIN_NS_PER_PX, TimeScale } from '../../renderer/base/time-scale.ts';
import {
  clampWindow,
  fitRange,
  isWhole,
  panByPx,
  rangeBetween,
  reveal,
  wholeWindow,
  zoomAt,
} from '../../renderer/canvas/viewport.ts';
import { random } from '../support/canvas/recorder.ts';

const whole = wholeWindow(1e9);

describe('viewport', () => {
  test('zooming keeps the time under the pointer where it is', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const startNs = 3e8 + next() * 2e8;
      const window = { startNs, endNs: startNs + 1e7 + next() * 1e8 };
      const px = next() * 800;
      const zoomed = zoomAt(window, whole, 800, px, 0.5 + next());
      const before = new TimeScale(window, 800).ns(px);
      expect(new TimeScale(zoomed, 800).px(before), `seed ${seed}`).toBeCloseTo(px, 5);
    }
  });

  test('zooming stops where 1 px is 1/8 ns', () => {
    let window = whole;
    for (let i = 0; i < 200; i++) window = zoomAt(window, whole, 800, 200, 0.5);
    expect(window.endNs - window.startNs).toBeCloseTo(800 * MIN_NS_PER_PX, 6);
  });

  test('zooming out ends at the whole trace', () => {
    let window = { startNs: 5e8, endNs: 5.1e8 };
    for (let i = 0; i < 40; i++) window = zoomAt(window, whole, 800, 200, 1.5);
    expect(isWhole(window, whole, 800)).toBe(true);
  });

  test('panning keeps the length and stops at both ends', () => {
    const window = { startNs: 1e8, endNs: 2e8 };
    expect(panByPx(window, whole, 1000, 100)).toEqual({ startNs: 1.1e8, endNs: 2.1e8 });
    expect(panByPx(window, whole, 1000, -5000)).toEqual({ startNs: 0, endNs: 1e8 });
    expect(panByPx(window, whole, 1000, 50_000)).toEqual({ startNs: 9e8, endNs: 1e9 });
  });

  test('a window never leaves the whole, whatever it is asked for', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const asked = { startNs: (next() - 0.5) * 4e9, endNs: (next() - 0.5) * 4e9 };
      const window = clampWindow(asked, whole, 800);
      expect(window.startNs, `seed ${seed}`).toBeGreaterThanOrEqual(0);
      expect(window.endNs, `seed ${seed}`).toBeLessThanOrEqual(1e9 + 1e-3);
      expect(window.endNs, `seed ${seed}`).toBeGreaterThan(window.startNs);
    }
  });

  test('a trace without length still has a scale', () => {
    const point = wholeWindow(0);
    expect(Number.isFinite(new TimeScale(point, 800).pxPerNs)).toBe(true);
    expect(zoomAt(point, point, 800, 10, 0.5)).toEqual(point);
  });

  test('fitting shows the box with a margin, and a point with some room around it', () => {
    const fitted = fitRange({ startNs: 4e8, endNs: 5e8 }, whole, 800);
    expect(fitted).toEqual({ startNs: 3.96e8, endNs: 5.04e8 });
    const point = fitRange({ startNs: 4e8, endNs: 4e8 }, whole, 800);
    expect(point.startNs).toBeLessThan(4e8);
    expect(point.endNs).toBeGreaterThan(4e8);
  });

  test('a range may be dragged in either direction', () => {
    expect(rangeBetween(3e8, 1e8, whole, 800)).toEqual({ startNs: 1e8, endNs: 3e8 });
  });

  test('revealing moves only what is out of view', () => {
    const window = { startNs: 1e8, endNs: 2e8 };
    expect(reveal(window, { startNs: 1.5e8, endNs: 9e8 }, whole, 800)).toBe(window);
    const moved = reveal(window, { startNs: 6e8, endNs: 6.1e8 }, whole, 800);
    expect(moved.startNs).toBeLessThan(6e8);
    expect(moved.endNs).toBeGreaterThan(6.1e8);
  });

  test('coordinates far outside are clamped to a pixel beyond the area', () => {
    const scale = new TimeScale({ startNs: 5e8, endNs: 5e8 + 100 }, 800);
    expect(scale.clampedPx(0)).toBe(-1);
    expect(scale.clampedPx(1e9)).toBe(801);
  });
});
