import { describe, expect, test } from 'vitest';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import { ServiceColours } from '../../renderer/base/service-colour.ts';
import { criticalShares } from '../../renderer/canvas/critical-index.ts';
import { serviceSlots } from '../../renderer/canvas/draw-context.ts';
import { boxLabel, LABEL_MIN_PX } from '../../renderer/canvas/flame-labels.ts';
import { paintFlame } from '../../renderer/canvas/flame-painter.ts';
import {
  buildScene,
  laneAtPx,
  laneTopPx,
  type FlamePicture,
} from '../../renderer/canvas/flame-picture.ts';
import { FlameScene, mergedRuns } from '../../renderer/canvas/flame-scene.ts';
import { TraceLayout } from '../../renderer/canvas/layout-model.ts';
import { paintShape } from '../../renderer/canvas/shape-painter.ts';
import { matchBoxes, SpanIdSet } from '../../renderer/canvas/trace-search.ts';
import { paintWaterfall } from '../../renderer/canvas/waterfall-painter.ts';
import {
  area,
  layoutFrame,
  random,
  randomLane,
  recorder,
  ruler,
  style,
  type BoxSpec,
} from '../support/canvas/recorder.ts';

function pictureOf(specs: readonly BoxSpec[], endNs: number): FlamePicture {
  const { meta, columns } = layoutFrame(specs);
  const layout = new TraceLayout(meta, columns);
  const colours = new ServiceColours();
  return {
    layout,
    index: layout.lanes,
    scene: new FlameScene(),
    slots: serviceSlots(layout.strings, columns.serviceStr, (name) => colours.of(name)),
    window: { startNs: 0, endNs },
    scrollTopPx: 0,
    matches: null,
    critical: null,
  };
}

function draw(picture: FlamePicture, widthPx: number, dpr = 1) {
  const { context, calls } = recorder();
  const place = area(widthPx, 200, dpr);
  buildScene(picture, place);
  paintFlame(context, place, picture, style, ruler);
  return calls;
}

const boxesOf = (calls: ReturnType<typeof draw>) =>
  calls.filter(({ op, fill }) => op === 'fillRect' && fill.startsWith('fill'));

describe('flame painter', () => {
  test('a label never reaches past its box, at any ratio of pixels', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const next = random(seed);
      const specs: BoxSpec[] = [];
      for (let at = 0; at < 1000;) {
        const end = at + Math.ceil(next() * 200);
        const flags = next() < 0.3 ? BOX_FLAG.error : 0;
        specs.push({ start: at, end, name: 'n'.repeat(1 + Math.floor(next() * 40)), flags });
        at = end;
      }
      const dpr = seed % 2 === 0 ? 2 : 1;
      const picture = pictureOf(specs, 1000);
      const calls = draw(picture, 900, dpr);
      for (const { text, x } of calls.filter(({ op }) => op === 'fillText')) {
        const right = x + ruler.width(text) * dpr;
        const box = boxesOf(calls).find((each) => each.x <= x && each.x + each.width > x);
        expect(box, `seed ${seed}`).toBeDefined();
        expect(right, `seed ${seed}: ${text}`).toBeLessThanOrEqual(
          (box?.x ?? 0) + (box?.width ?? 0),
        );
      }
    }
  });

  test('a box below the least width has no label', () => {
    const calls = draw(pictureOf([{ start: 0, end: LABEL_MIN_PX - 1, name: 'a' }], 1000), 1000);
    expect(calls.some(({ op }) => op === 'fillText')).toBe(false);
  });

  test('a name that does not fit ends in an ellipsis, and its duration is left out', () => {
    const { meta, columns } = layoutFrame([{ start: 0, end: 5e6, name: 'authorize' }]);
    const layout = new TraceLayout(meta, columns);
    expect(boxLabel(layout, 0, 40, ruler)).toMatchObject({ name: 'autho…', duration: '' });
    expect(boxLabel(layout, 0, 60, ruler)).toMatchObject({ name: 'authorize', duration: '' });
    expect(boxLabel(layout, 0, 200, ruler).duration).toBe('5.00\u00a0ms');
    expect(boxLabel(layout, 0, 8, ruler).name).toBe('');
  });

  test('every drawn box lies where the hit test looks for its lane', () => {
    const specs = [0, 1, 2, 3].map((lane) => ({ start: 0, end: 100, lane }));
    const calls = boxesOf(draw(pictureOf(specs, 100), 300));
    expect(calls.map(({ y }) => laneAtPx(y, 0))).toEqual([0, 1, 2, 3]);
    expect(calls.map(({ y, height }) => laneAtPx(y + height - 1, 0))).toEqual([0, 1, 2, 3]);
    expect(laneAtPx(laneTopPx(2, 0) - 1, 0)).toBe(-1);
  });

  test('boxes of 3 px and more leave a gap to the next', () => {
    const specs = [
      { start: 0, end: 10 },
      { start: 10, end: 20 },
    ];
    expect(boxesOf(draw(pictureOf(specs, 100), 100)).map(({ width }) => width)).toEqual([9, 9]);
  });

  test('an error keeps the colour of its service and gets an outline and a glyph', () => {
    const calls = draw(pictureOf([{ start: 0, end: 100, flags: BOX_FLAG.error }], 100), 300);
    expect(boxesOf(calls)).toHaveLength(1);
    expect(calls.some(({ op, stroke }) => op === 'strokeRect' && stroke === 'l-fatal')).toBe(true);
    expect(calls.some(({ op }) => op === 'roundRect')).toBe(true);
  });

  test('an error inside of a merged column is seen', () => {
    const specs = Array.from({ length: 100 }, (_, i) => ({
      start: i,
      end: i + 0.5,
      flags: i === 57 ? BOX_FLAG.error : 0,
    }));
    const calls = draw(pictureOf(specs, 1000), 10);
    expect(calls.some(({ op, fill }) => op === 'fillRect' && fill === 'l-fatal')).toBe(true);
  });

  test('an inferred box is a dashed outline without a fill of its service', () => {
    const calls = draw(pictureOf([{ start: 0, end: 100, flags: BOX_FLAG.inferred }], 100), 300);
    expect(boxesOf(calls)).toHaveLength(0);
    expect(calls.some(({ op, dash }) => op === 'strokeRect' && dash > 0)).toBe(true);
  });

  test('runs of merged columns are hatched as one block that knows how many boxes it has', () => {
    const picture = pictureOf(
      Array.from({ length: 1000 }, (_, i) => ({ start: i, end: i + 1 })),
      1000,
    );
    const calls = draw(picture, 100);
    const hatched = calls.filter(({ fill }) => fill === 'hatch');
    expect(hatched).toHaveLength(1);
    expect(calls.some(({ text }) => text === '1,000 spans')).toBe(true);
    expect(mergedRuns(picture.scene, 4)).toMatchObject([{ x0: 0, x1: 100, boxes: 1000 }]);
  });

  test('a search dims what does not match, and keeps merged columns that hold a match', () => {
    const specs = Array.from({ length: 100 }, (_, i) => ({
      start: i,
      end: i + 0.4,
      name: i === 3 ? 'needle' : 'hay',
    }));
    const picture = pictureOf(specs, 100);
    const needle = new SpanIdSet(picture.layout.spanId(3));
    const calls = draw({ ...picture, matches: matchBoxes(picture.layout, needle) }, 10);
    expect(boxesOf(calls).filter(({ alpha }) => alpha === 1)).toHaveLength(1);
    expect(boxesOf(calls).filter(({ alpha }) => alpha < 1)).toHaveLength(9);
  });

  test('all coordinates stay within a pixel of the area, however deep the zoom', () => {
    const picture = pictureOf(randomLane(2000, 5), 1);
    const calls = draw({ ...picture, window: { startNs: 5000, endNs: 5001 } }, 800);
    for (const { x, width, op } of calls.filter((call) => call.op !== 'fillText')) {
      expect(x, op).toBeGreaterThanOrEqual(-2);
      expect(x + width, op).toBeLessThanOrEqual(802);
    }
  });
});

describe('waterfall painter', () => {
  test('the duration always stands to the right of its bar, inside of the area', () => {
    const { meta, columns } = layoutFrame([
      { start: 0, end: 1e6 },
      { start: 2e5, end: 4e5, depth: 1 },
    ]);
    const layout = new TraceLayout(meta, columns);
    const { context, calls } = recorder();
    const picture = {
      layout,
      slots: new Uint8Array([0, 1]),
      window: { startNs: 0, endNs: 1e6 },
      rows: Uint32Array.of(0, 1),
      scrollTopPx: 0,
      isMatch: null,
      critical: null,
      runOf: () => 1,
      marks: new Map(),
    };
    paintWaterfall(context, area(400, 44), picture, style);
    const bars = calls.filter(({ op }) => op === 'roundRect');
    const texts = calls.filter(({ op }) => op === 'fillText');
    expect(texts.map(({ text }) => text)).toEqual(['1.00\u00a0ms', '200\u00a0µs']);
    texts.forEach(({ x, text }, i) => {
      expect(x).toBeGreaterThan((bars[i]?.x ?? 0) + (bars[i]?.width ?? 0));
      expect(x + ruler.width(text)).toBeLessThanOrEqual(400);
    });
  });

  test('only the rows in view are drawn', () => {
    const specs = Array.from({ length: 500 }, (_, i) => ({ start: i, end: i + 1 }));
    const { meta, columns } = layoutFrame(specs);
    const { context, calls } = recorder();
    const picture = {
      layout: new TraceLayout(meta, columns),
      slots: new Uint8Array(2),
      window: { startNs: 0, endNs: 500 },
      rows: Uint32Array.from(specs, (_, i) => i),
      scrollTopPx: 2200,
      isMatch: null,
      critical: null,
      runOf: () => 1,
      marks: new Map(),
    };
    paintWaterfall(context, area(400, 220), picture, style);
    expect(calls.filter(({ op }) => op === 'roundRect')).toHaveLength(10);
  });
});

describe('critical path', () => {
  const SPECS: readonly BoxSpec[] = [
    {
      start: 0,
      end: 100,
      name: 'root',
      service: 'web',
      critical: [
        [0, 20],
        [70, 100],
      ],
    },
    { start: 20, end: 70, depth: 1, service: 'pay', critical: [[20, 70]] },
    { start: 75, end: 80, depth: 1, service: 'mail' },
  ];
  const withPath = (specs: readonly BoxSpec[], endNs: number): FlamePicture => {
    const picture = pictureOf(specs, endNs);
    return { ...picture, critical: picture.layout.critical };
  };
  const underlines = (calls: ReturnType<typeof draw>) =>
    calls.filter(({ op, fill }) => op === 'fillRect' && fill === 'accent-solid');

  test('is an underline of its exact stretches', () => {
    const calls = underlines(draw(withPath(SPECS, 100), 1000));
    expect(calls.map(({ x, width }) => [x, width])).toEqual([
      [0, 200],
      [700, 300],
      [200, 500],
    ]);
  });

  test('dims the boxes that are not on it', () => {
    const boxes = boxesOf(draw(withPath(SPECS, 100), 1000));
    expect(boxes.filter(({ alpha }) => alpha < 1).map(({ x }) => x)).toEqual([750]);
  });

  test('costs at most one underline a column', () => {
    const critical = Array.from({ length: 50_000 }, (_, i) => [2 * i, 2 * i + 1] as const);
    const calls = underlines(draw(withPath([{ start: 0, end: 100_000, critical }], 100_000), 500));
    expect(calls.length).toBeLessThanOrEqual(500);
    expect(calls.at(-1)?.x).toBe(499);
  });

  test('shares add up to one, the largest first', () => {
    const { layout } = pictureOf(SPECS, 100);
    if (layout.critical === null) throw new Error('the path is not there');
    expect(criticalShares(layout.critical, layout.strings)).toEqual([
      { service: 'web', share: 0.5 },
      { service: 'pay', share: 0.5 },
    ]);
  });
});

describe('shape painter', () => {
  test('a box is at least one pixel wide, and a receiving trace ends in dots', () => {
    const shape = { x0: [0, 100], x1: [65535, 101], lane: [0, 1], slot: [1, 2], isReceiving: true };
    const { context, calls } = recorder();
    paintShape(context, area(100, 16), shape, style);
    const boxes = calls.filter(({ fill }) => fill.startsWith('fill'));
    expect(boxes.map(({ x, width }) => [x, width])).toEqual([
      [0, 86],
      [0, 1],
    ]);
    expect(calls.filter(({ fill }) => fill === 't3')).toHaveLength(3);
  });
});
