import { describe, expect, test } from 'vitest';
import { TimeScale } from '../../renderer/base/time-scale.ts';
import { FlameScene } from '../../renderer/canvas/flame-scene.ts';
import { hitTest } from '../../renderer/canvas/hit-test.ts';
import { indexLanes, type LaneIndex } from '../../renderer/canvas/lane-index.ts';
import { TraceLayout } from '../../renderer/canvas/layout-model.ts';
import { finish } from '../../renderer/canvas/steps.ts';
import { layoutFrame, random, randomLane, type BoxSpec } from '../support/canvas/recorder.ts';

function indexOf(specs: readonly BoxSpec[]): LaneIndex {
  const { meta, columns } = layoutFrame(specs);
  return new TraceLayout(meta, columns).lanes;
}

/** A million boxes in one lane, as columns directly: specs would take too long. */
function millionBoxes(): LaneIndex {
  const count = 1_000_000;
  const next = random(11);
  const { columns } = layoutFrame([]);
  const startNs = new Float64Array(count);
  const endNs = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    at += next() < 0.2 ? 500 : 0;
    startNs[i] = at;
    at += next() < 0.0005 ? 2e6 : 100 + next() * 1000;
    endNs[i] = at;
  }
  const small = new Uint8Array(count);
  const lane = new Uint32Array(count);
  return finish(indexLanes({ ...columns, startNs, endNs, lane, flags: small }, count));
}

describe('flame scene', () => {
  test('draws at most one rectangle a pixel column of a lane, for a million boxes', () => {
    const index = millionBoxes();
    const end = index.endNs[index.endNs.length - 1] ?? 1;
    const scene = new FlameScene();
    for (const share of [1, 0.3, 0.01, 0.0001]) {
      const startNs = end * 0.41;
      const window =
        share === 1 ? { startNs: 0, endNs: end } : { startNs, endNs: startNs + end * share };
      scene.build(index, new TimeScale(window, 1600), 0, 1);
      expect(scene.count).toBeGreaterThan(0);
      expect(scene.count).toBeLessThanOrEqual(1600);
    }
  });

  test('rectangles of a lane are in order and do not overlap', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const index = indexOf(randomLane(3000, seed));
      const next = random(seed + 1000);
      const scene = new FlameScene();
      const startNs = next() * 1e6;
      scene.build(
        index,
        new TimeScale({ startNs, endNs: startNs + 10 ** (2 + next() * 5) }, 700),
        0,
        1,
      );
      const isWrong = (_: number, i: number): boolean =>
        scene.x1[i] <= scene.x0[i] || (i > 0 && scene.x0[i] < scene.x1[i - 1]);
      expect([...scene.x0.subarray(0, scene.count)].findIndex(isWrong), `seed ${seed}`).toBe(-1);
    }
  });

  test('every box of the window is drawn or counted in a merged one', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const specs = randomLane(2000, seed);
      const scene = new FlameScene();
      const end = specs[specs.length - 1]?.end ?? 1;
      scene.build(indexOf(specs), new TimeScale({ startNs: 0, endNs: end + 1 }, 900), 0, 1);
      let boxes = 0;
      for (let i = 0; i < scene.count; i++) boxes += scene.merged[i];
      expect(boxes, `seed ${seed}`).toBe(specs.length);
    }
  });

  test('a merged column shows the longest of the boxes it stands for', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const specs = randomLane(4000, seed);
      const index = indexOf(specs);
      const end = specs[specs.length - 1]?.end ?? 1;
      const scene = new FlameScene();
      scene.build(index, new TimeScale({ startNs: 0, endNs: end }, 200), 0, 1);
      for (let i = 0; i < scene.count; i++) {
        let longest = 0;
        for (let p = scene.position[i]; p < scene.position[i] + scene.merged[i]; p++) {
          longest = Math.max(longest, index.endNs[p] - index.startNs[p]);
        }
        const drawn = specs[scene.box[i]];
        expect((drawn?.end ?? 0) - (drawn?.start ?? 0), `seed ${seed}`).toBe(longest);
      }
    }
  });

  test('every drawn rectangle is found at each of its columns', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const lanes = [0, 1, 2].flatMap((lane) =>
        randomLane(500, seed * 10 + lane).map((spec) => ({ ...spec, lane })),
      );
      const scene = new FlameScene();
      scene.build(indexOf(lanes), new TimeScale({ startNs: 0, endNs: 400_000 }, 640), 0, 3);
      for (let i = 0; i < scene.count; i++) {
        let isFound = true;
        for (let x = scene.x0[i]; x < scene.x1[i]; x++) {
          isFound &&= hitTest(scene, x, scene.lane[i], 2) === i;
        }
        expect(isFound, `seed ${seed}`).toBe(true);
      }
    }
  });

  test('a place beside every box finds nothing, or the nearest within the tolerance', () => {
    const scene = new FlameScene();
    const specs = [
      { start: 100, end: 110 },
      { start: 300, end: 300 },
    ];
    scene.build(indexOf(specs), new TimeScale({ startNs: 0, endNs: 400 }, 400), 0, 1);
    expect(hitTest(scene, 200, 0, 2)).toBe(-1);
    expect(hitTest(scene, 298, 0, 2)).toBe(1);
    expect(hitTest(scene, 301, 0, 2)).toBe(1);
    expect(hitTest(scene, 304, 0, 2)).toBe(-1);
    expect(hitTest(scene, 105, 7, 2)).toBe(-1);
  });

  test('only the lanes asked for are drawn', () => {
    const specs = Array.from({ length: 9 }, (_, lane) => ({ start: 0, end: 100, lane }));
    const scene = new FlameScene();
    scene.build(indexOf(specs), new TimeScale({ startNs: 0, endNs: 100 }, 50), 3, 6);
    expect([...scene.lane.subarray(0, scene.count)]).toEqual([3, 4, 5]);
  });

  test('a lane that is out of start order is sorted, one that overlaps still finds all its boxes', () => {
    const index = indexOf([
      { start: 50, end: 60 },
      { start: 0, end: 40 },
      { start: 10, end: 20 },
    ]);
    expect([...index.box]).toEqual([1, 2, 0]);
    expect([...index.searchEndNs]).toEqual([40, 40, 60]);
  });
});
