import { describe, expect, test } from 'vitest';
import type { TraceColumns, TraceMeta } from '../../proto/live/topics.ts';
import { carryWindow, LayoutIntake } from '../../renderer/canvas/layout-intake.ts';
import { TraceLayout } from '../../renderer/canvas/layout-model.ts';
import { runStart, unfoldedRows } from '../../renderer/canvas/leaf-runs.ts';
import { finish } from '../../renderer/canvas/steps.ts';
import {
  firstChildOf,
  nextError,
  nextSiblingOf,
  parentOf,
  pathTo,
  placeAmongSiblings,
  previousSiblingOf,
  rowOfBox,
} from '../../renderer/canvas/tree-walk.ts';
import { boxesOf, matchBoxes, SpanIdSet, spanIdsOf } from '../../renderer/canvas/trace-search.ts';
import { layoutFrame, type BoxSpec } from '../support/canvas/recorder.ts';

/**
 * ```
 *   0 root ── 1 cart ── 2 price
 *          │         └─ 3 stock (error)
 *          └─ 4 pay
 *   5 other root (error)
 * ```
 */
const TREE: readonly BoxSpec[] = [
  { start: 0, end: 100, depth: 0, name: 'root', service: 'web' },
  { start: 5, end: 40, depth: 1, name: 'cart', service: 'cart' },
  { start: 6, end: 10, depth: 2, name: 'price', service: 'cart' },
  { start: 12, end: 20, depth: 2, name: 'stock', service: 'stock', flags: 1 },
  { start: 50, end: 90, depth: 1, name: 'pay', service: 'pay' },
  { start: 110, end: 120, depth: 0, name: 'later', service: 'web', flags: 1 },
];

function chunk(
  specs: readonly BoxSpec[],
  from: number,
  to: number,
  over: Partial<TraceMeta> = {},
): { meta: TraceMeta; columns: TraceColumns } {
  const { meta, columns } = layoutFrame(specs, over);
  const cut = Object.entries(columns).map(([name, column]) => {
    const size = name === 'spanId' ? 8 : 1;
    return [name, column.slice(from * size, to * size)];
  });
  const strings = from === 0 ? meta.strings : [];
  return {
    meta: { ...meta, firstBox: from, strings },
    columns: Object.fromEntries(cut) as TraceColumns,
  };
}

const whole = (over: Partial<TraceMeta> = {}) => chunk(TREE, 0, TREE.length, over);

const LARGE = 10_000;

/** A root with equal leaves. */
function large(layout: number): { meta: TraceMeta; columns: TraceColumns } {
  const leaves = Array.from({ length: LARGE - 1 }, (_, i) => ({ start: i, end: i + 1, depth: 1 }));
  return layoutFrame([{ start: 0, end: LARGE }, ...leaves], { layout });
}

function layoutOf(): TraceLayout {
  const { meta, columns } = whole();
  return new TraceLayout(meta, columns);
}

describe('layout model', () => {
  test('a layout in chunks equals the same layout in one frame', () => {
    const one = layoutOf();
    const first = chunk(TREE, 0, 2);
    const chunked = new TraceLayout(first.meta, first.columns);
    expect(chunked.isComplete).toBe(false);
    for (const [from, to] of [
      [2, 5],
      [5, 6],
    ] as const) {
      const { meta, columns } = chunk(TREE, from, to);
      expect(chunked.accept(meta, columns)).toBe(true);
    }
    expect(chunked.isComplete).toBe(true);
    expect(chunked.columns).toEqual(one.columns);
    expect(chunked.strings).toEqual(one.strings);
    expect([...chunked.lanes.box]).toEqual([...one.lanes.box]);
  });

  test('the lane index is built anew only when the boxes have doubled, and at their end', () => {
    const { meta, columns } = chunk(TREE, 0, 2);
    const growing = new TraceLayout(meta, columns);
    const indexed = [3, 4, 5, 6].map((to) => {
      const next = chunk(TREE, to - 1, to);
      void growing.lanes;
      growing.accept(next.meta, next.columns);
      return growing.lanes.box.length;
    });
    expect(indexed).toEqual([2, 4, 4, 6]);
  });

  test('a chunk of another layout, or one that leaves a hole, is refused', () => {
    const { meta, columns } = chunk(TREE, 0, 2);
    const layout = new TraceLayout(meta, columns);
    const other = chunk(TREE, 2, 5, { layout: 2 });
    expect(layout.accept(other.meta, other.columns)).toBe(false);
    const hole = chunk(TREE, 3, 5);
    expect(layout.accept(hole.meta, hole.columns)).toBe(false);
    expect(layout.received).toBe(2);
  });

  test('the critical path is unknown until all of it is there', () => {
    const { meta, columns } = whole({ hasPath: false });
    const layout = new TraceLayout(meta, columns);
    expect(layout.critical).toBe(null);
    for (const [box, hasPath] of [
      [1, false],
      [2, true],
    ] as const) {
      const part = chunk(TREE, 6, 6, { hasPath });
      layout.accept(part.meta, {
        ...part.columns,
        criticalBox: Uint32Array.of(box),
        criticalStartNs: Float64Array.of(10 * box),
        criticalEndNs: Float64Array.of(10 * box + 5),
      });
    }
    expect(layout.critical?.timeIn(1)).toBe(5);
    expect([...(layout.critical?.isMatch ?? [])]).toEqual([0, 1, 1, 0, 0, 0]);
  });

  test('a span is found by its id', () => {
    const layout = layoutOf();
    expect(layout.findSpan(layout.spanId(3))).toBe(3);
    expect(layout.findSpan('ffffffffffffffff')).toBe(-1);
    expect(layout.findSpan('no id')).toBe(-1);
  });
});

describe('layout intake', () => {
  test('the first layout is shown while it is still coming in', () => {
    const intake = new LayoutIntake();
    const first = chunk(TREE, 0, 2);
    const rest = chunk(TREE, 2, 6);
    expect(intake.take('snapshot', first.meta, first.columns)).toBe('replaced');
    expect(intake.take('delta', rest.meta, rest.columns)).toBe('grown');
    expect(intake.shown?.received).toBe(6);
  });

  test('a first layout that comes in is drawn again whenever it has doubled, and at its end', () => {
    const intake = new LayoutIntake();
    const said = [0, 2, 3, 4, 5].map((from, i, all) => {
      const { meta, columns } = chunk(TREE, from, all[i + 1] ?? 6);
      return intake.take(from === 0 ? 'snapshot' : 'delta', meta, columns);
    });
    expect(said).toEqual(['replaced', 'nothing', 'grown', 'nothing', 'grown']);
  });

  test('a later layout waits for its critical path too', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    const boxes = whole({ layout: 2, hasPath: false });
    expect(intake.take('snapshot', boxes.meta, boxes.columns)).toBe('nothing');
    const path = chunk(TREE, 6, 6, { layout: 2 });
    expect(intake.take('delta', path.meta, path.columns)).toBe('replaced');
    expect(intake.shown?.critical?.isMatch).toHaveLength(6);
  });

  test('a later layout is shown only when it is complete', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    const first = chunk(TREE, 0, 2, { layout: 2 });
    const rest = chunk(TREE, 2, 6, { layout: 2 });
    expect(intake.take('snapshot', first.meta, first.columns)).toBe('nothing');
    expect(intake.shown?.meta.layout).toBe(1);
    expect(intake.take('delta', rest.meta, rest.columns)).toBe('replaced');
    expect(intake.shown?.meta.layout).toBe(2);
  });

  test('a layout that comes while the person moves waits for the release', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    intake.hold('moves');
    const next = whole({ layout: 2 });
    expect(intake.take('snapshot', next.meta, next.columns)).toBe('nothing');
    expect(intake.shown?.meta.layout).toBe(1);
    expect(intake.release()).toBe('replaced');
    expect(intake.shown?.meta.layout).toBe(2);
  });

  test('a layout that only adds boxes is shown while the person moves', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    intake.hold('moves');
    const next = whole({ layout: 2, steadySince: 1 });
    expect(intake.take('snapshot', next.meta, next.columns)).toBe('replaced');
  });

  test('a pause holds everything back, also after a movement', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    intake.hold('all');
    intake.hold('moves');
    const next = whole({ layout: 2, steadySince: 1 });
    expect(intake.take('snapshot', next.meta, next.columns)).toBe('nothing');
  });

  test('a large layout is made ready step by step before it is shown', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    const next = large(2);
    expect(intake.take('snapshot', next.meta, next.columns)).toBe('nothing');
    expect(intake.hasWork).toBe(true);
    expect(intake.work(() => true)).toBe('nothing');
    let steps = 1;
    while (intake.work(() => true) === 'nothing') steps++;
    expect(steps).toBeGreaterThan(5);
    expect(intake.hasWork).toBe(false);
    expect(intake.shown?.received).toBe(LARGE);
    expect(intake.shown?.rows).toHaveLength(2);
  });

  test('a layout that is being made ready is shown before the one that came meanwhile', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    for (const layout of [2, 3]) {
      const next = large(layout);
      intake.take('snapshot', next.meta, next.columns);
    }
    expect(intake.work(() => false)).toBe('replaced');
    expect(intake.shown?.meta.layout).toBe(2);
    expect(intake.hasWork).toBe(true);
    expect(intake.work(() => false)).toBe('replaced');
    expect(intake.shown?.meta.layout).toBe(3);
  });

  test('a large layout is made ready, but not shown, while everything is held', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    intake.hold('all');
    const next = large(2);
    intake.take('snapshot', next.meta, next.columns);
    expect(intake.work(() => false)).toBe('nothing');
    expect(intake.hasWork).toBe(false);
    expect(intake.release()).toBe('replaced');
    expect(intake.shown?.meta.layout).toBe(2);
  });

  test('a trace that leaves memory stays on the screen', () => {
    const intake = new LayoutIntake();
    intake.take('snapshot', whole().meta, whole().columns);
    const gone = chunk([], 0, 0, { state: 'absent' });
    expect(intake.take('snapshot', gone.meta, gone.columns)).toBe('nothing');
    expect(intake.shown?.received).toBe(6);
  });

  test('the window stays on the same absolute time when the base moves', () => {
    const before = whole({ baseLo: 1000, durationNs: 1000 }).meta;
    const after = whole({ baseLo: 400, durationNs: 2000 }).meta;
    expect(carryWindow({ startNs: 100, endNs: 300 }, before, after, 100)).toEqual({
      startNs: 700,
      endNs: 900,
    });
  });

  test('a window that showed everything goes on showing everything', () => {
    const before = whole({ durationNs: 1000 }).meta;
    const after = whole({ durationNs: 5000 }).meta;
    expect(carryWindow({ startNs: 0, endNs: 1000 }, before, after, 800)).toEqual({
      startNs: 0,
      endNs: 5000,
    });
  });
});

describe('tree walk', () => {
  const layout = layoutOf();

  test('arrows find parents, children and siblings, and roots are siblings', () => {
    expect(parentOf(layout, 3)).toBe(1);
    expect(firstChildOf(layout, 1)).toBe(2);
    expect(firstChildOf(layout, 4)).toBe(-1);
    expect(nextSiblingOf(layout, 1)).toBe(4);
    expect(nextSiblingOf(layout, 4)).toBe(-1);
    expect(nextSiblingOf(layout, 0)).toBe(5);
    expect(previousSiblingOf(layout, 4)).toBe(1);
    expect(previousSiblingOf(layout, 5)).toBe(0);
    expect(previousSiblingOf(layout, 2)).toBe(-1);
  });

  test('a box knows its place among its siblings and its path', () => {
    expect(placeAmongSiblings(layout, 3)).toEqual({ position: 2, size: 2 });
    expect(placeAmongSiblings(layout, 5)).toEqual({ position: 2, size: 2 });
    expect(pathTo(layout, 3)).toEqual([0, 1, 3]);
  });

  test('folded boxes hide what is below them', () => {
    const rows = finish(unfoldedRows(layout, layout.runs, new Set([1])));
    expect([...rows]).toEqual([0, 1, 4, 5]);
    expect(rowOfBox(rows, 4)).toBe(2);
    expect(rowOfBox(rows, 3)).toBe(1);
  });

  test('equal leaves that follow each other share a row, but not those with an error', () => {
    const leaf = (start: number, flags = 0, name = 'read'): BoxSpec => {
      return { start, end: start + 1, depth: 1, name, flags };
    };
    const root = { start: 0, end: 100 };
    const leaves = [leaf(1), leaf(2), leaf(3), leaf(4, 1), leaf(5), leaf(6), leaf(7, 0, 'x')];
    const { meta, columns } = layoutFrame([root, ...leaves]);
    const equal = new TraceLayout(meta, columns);
    const { runs } = equal;
    expect([...runs]).toEqual([0, 3, 0, 0, 0, 0, 0, 0]);
    expect([1, 2, 3, 4].map((box) => runStart(runs, box))).toEqual([1, 1, 1, 4]);
    const { rows } = equal;
    expect([...rows]).toEqual([0, 1, 4, 5, 6, 7]);
    const unrolled = finish(unfoldedRows(equal, runs, new Set(), new Set([1])));
    expect([...unrolled]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('errors are walked around the end in both directions', () => {
    expect(nextError(layout, -1, 1)).toBe(3);
    expect(nextError(layout, 3, 1)).toBe(5);
    expect(nextError(layout, 5, 1)).toBe(3);
    expect(nextError(layout, 3, -1)).toBe(5);
  });

  test('what the engine found is found in the boxes, but not in those that stand for a span', () => {
    const found = new SpanIdSet(layout.spanId(2) + layout.spanId(4) + 'ffffffffffffffff');
    expect([...matchBoxes(layout, found).isMatch]).toEqual([0, 0, 1, 0, 1, 0]);
    const specs = [{ start: 0, end: 1, flags: 2 }];
    const inferred = layoutFrame(specs);
    const alone = new TraceLayout(inferred.meta, inferred.columns);
    expect(matchBoxes(alone, new SpanIdSet(alone.spanId(0))).count).toBe(0);
  });

  test('boxes are found again by their ids, those that left are not', () => {
    const ids = spanIdsOf(layout, new Set([4, 1]));
    expect([...boxesOf(layout, [...ids, 'ffffffffffffffff'])]).toEqual([1, 4]);
    expect([...boxesOf(layout, [])]).toEqual([]);
  });

  test('a set of span ids holds each of 10,000 and no other', () => {
    const id = (i: number): string => (i * 2654435761).toString(16).padStart(16, '0');
    const set = new SpanIdSet(Array.from({ length: 10_000 }, (_, i) => id(i + 1)).join(''));
    const isIn = (i: number): boolean =>
      set.has(Number.parseInt(id(i).slice(0, 8), 16), Number.parseInt(id(i).slice(8), 16));
    for (let i = 1; i <= 10_000; i++) expect(isIn(i)).toBe(true);
    for (let i = 10_001; i <= 20_000; i++) expect(isIn(i)).toBe(false);
    expect(isIn(0)).toBe(false);
  });
});
