import { describe, expect, it } from 'vitest';
import { layoutFlags, type FlagBox, type Moment } from '../../renderer/base/flags.ts';
import { DENSITY_LEVELS } from '../../renderer/canvas/density-scale.ts';
import { gutterMarks } from '../../renderer/features/logs/gutter-marks.ts';
import { paintSparkline } from '../../renderer/features/metrics/sparkline.ts';
import { markMoments } from '../../renderer/session/mark-moments.ts';
import { SessionMarks, type MarksSession } from '../../renderer/session/marks.svelte.ts';
import type { Notice } from '../../renderer/session/notices.svelte.ts';
import { LiveFailure } from '../../proto/live/protocol.ts';
import type { Mark, MarksMeta } from '../../proto/live/topics.ts';
import { recorder } from '../support/canvas/recorder.ts';

const SECOND_NS = 1_000_000_000n;

function markAt(second: number, kind: Mark['kind'] = 'manual', label = `m${second}`): Mark {
  return { id: `id${second}`, kind, label, timeUnixNano: String(BigInt(second) * SECOND_NS) };
}

describe('flags', () => {
  const moment = (px: number, label = 'Mark', isManual = true): Moment => ({
    id: `${label} ${px}`,
    label,
    isManual,
    px,
  });
  const texts = (boxes: readonly FlagBox[]): string[] => boxes.map(({ text }) => text);
  const endPx = ({ leftPx, widthPx }: FlagBox): number => leftPx + widthPx;

  it('stand at their lines when there is room', () => {
    const boxes = layoutFlags([moment(10), moment(200)], 400);
    expect(boxes.map(({ leftPx }) => leftPx)).toEqual([10, 200]);
    expect(texts(boxes)).toEqual(['Mark', 'Mark']);
  });

  it('become one with a count where they would lie on each other', () => {
    const boxes = layoutFlags([moment(10, 'a'), moment(12, 'b'), moment(300, 'c')], 400);
    expect(texts(boxes)).toEqual(['b +1', 'c']);
    expect(boxes[0]?.moments.map(({ label }) => label)).toEqual(['a', 'b']);
  });

  it('are named after what a person set', () => {
    const boxes = layoutFlags([moment(10, 'mine'), moment(12, 'shop restarted', false)], 400);
    expect(texts(boxes)).toEqual(['mine +1']);
  });

  it('turn to the left of their line at the end of the chart', () => {
    const [box] = layoutFlags([moment(395)], 400);
    expect(box === undefined ? NaN : endPx(box)).toBe(395);
  });

  it('neither leave the chart nor lie on each other, whatever their places', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 200; round++) {
      const width = 200 + random(800);
      const places = Array.from({ length: 1 + random(40) }, () => random(width + 1));
      const moments = places
        .sort((a, b) => a - b)
        .map((px, i) => moment(px, 'x'.repeat(1 + random(40)), i % 2 === 0));
      const boxes = layoutFlags(moments, width);
      const about = `seed ${seed}, round ${round}`;
      expect(
        boxes.flatMap((box) => box.moments),
        about,
      ).toEqual(moments);
      boxes.forEach((box, i) => {
        expect(box.leftPx, about).toBeGreaterThanOrEqual(0);
        expect(endPx(box), about).toBeLessThanOrEqual(Math.max(width, box.widthPx));
        const before = boxes[i - 1];
        if (before !== undefined) expect(endPx(before), about).toBeLessThan(box.leftPx);
      });
    }
  });
});

describe('marks on a chart', () => {
  const pxOf = (ns: bigint): number => Number(ns / SECOND_NS);

  it('are those inside of it, with their place and time', () => {
    const marks = [markAt(5), markAt(10), markAt(20, 'restart'), markAt(21)];
    expect(markMoments(marks, pxOf, 10, 20)).toEqual([
      { id: 'id10', label: 'm10', isManual: true, px: 10, unixMs: 10_000 },
      { id: 'id20', label: 'm20', isManual: false, px: 20, unixMs: 20_000 },
    ]);
  });

  it('are left out where a chart has no scale yet', () => {
    expect(markMoments([markAt(5)], () => NaN, 0, 100)).toEqual([]);
  });

  it('are dashed lines on a small one, those of a person on top', () => {
    const { context, calls } = recorder();
    const area = { widthPx: 106, heightPx: 12, dpr: 1, widthDevicePx: 106, heightDevicePx: 12 };
    const points = { timeMs: Float64Array.of(0, 100_000), value: Float32Array.of(1, 2) };
    const look = { line: 'line', grid: 'grid', mark: 'ember', autoMark: 'grey' };
    paintSparkline(context, area, points, { low: 0, high: 2 }, look, [
      { unixMs: 50_000, isManual: true },
      { unixMs: 20_000, isManual: false },
      { unixMs: 999_000, isManual: true },
    ]);
    const lines = calls.filter(({ fill }) => fill === 'ember' || fill === 'grey');
    expect(lines.map(({ x, y, fill }) => [fill, x, y])).toEqual([
      ['grey', 23, 0],
      ['grey', 23, 6],
      ['ember', 53, 0],
      ['ember', 53, 6],
    ]);
  });
});

describe('marks in the gutter', () => {
  /** Records by column of 1 s from second 10. */
  const densityOf = (...counts: number[]) => ({
    fromNs: 10n * SECOND_NS,
    columnNs: 1e9,
    fromMs: 10_000,
    columnMs: 1000,
    columns: counts.length,
    counts: Uint32Array.from(
      counts.flatMap((count) => [count, ...Array<number>(DENSITY_LEVELS - 1).fill(0)]),
    ),
  });
  const sharesOf = (marks: readonly Mark[], density: ReturnType<typeof densityOf>): number[] =>
    gutterMarks(marks, density, undefined).map(({ share }) => share);

  it('lie where as many rows are above them as came before', () => {
    expect(sharesOf([markAt(11), markAt(12), markAt(13)], densityOf(10, 0, 30, 60))).toEqual([
      0.1, 0.1, 0.4,
    ]);
  });

  it('are none before the first row and behind the last', () => {
    expect(sharesOf([markAt(1), markAt(10), markAt(12), markAt(99)], densityOf(5, 5))).toEqual([]);
  });

  it('follow a brush', () => {
    const brush = { fromNs: 11n * SECOND_NS, toNs: 13n * SECOND_NS };
    const marks = [markAt(10), markAt(12, 'restart'), markAt(14)];
    expect(gutterMarks(marks, densityOf(90, 10, 30, 60), brush)).toEqual([
      { id: 'id12', share: 0.25, isManual: false },
    ]);
  });

  it('are none without records', () => {
    expect(sharesOf([markAt(11)], densityOf(0, 0))).toEqual([]);
    expect(gutterMarks([markAt(11)], undefined, undefined)).toEqual([]);
  });
});

describe('the marks of a session', () => {
  function open(screen = 'logs') {
    const asked: [method: string, params: unknown][] = [];
    const notices: Notice[] = [];
    const went: string[] = [];
    const failing = new Set<string>();
    let tell: (meta: MarksMeta) => void = () => undefined;
    const session = {
      live: (_topic: string, _params: unknown, { frame }: { frame: (frame: never) => void }) => {
        tell = (meta) => {
          frame({ meta } as never);
        };
        return { update: () => undefined, close: () => undefined };
      },
      request: (method: string, params: unknown) => {
        asked.push([method, params]);
        return failing.has(method)
          ? Promise.reject(new LiveFailure({ code: 'notFound', message: 'It is gone.' }))
          : Promise.resolve(method === 'mark.add' ? markAt(1) : {});
      },
      notices: {
        show: (notice: Notice) => notices.push(notice),
        dismiss: () => undefined,
      },
      route: { screen, goToScreen: (to: string) => went.push(to) },
    };
    const marks = new SessionMarks(session as unknown as MarksSession);
    tell({ marks: [markAt(1), markAt(2, 'restart')], dropped: 3 });
    return { marks, asked, notices, went, failing };
  }

  it('are what the engine says', () => {
    const { marks } = open();
    expect(marks.list.map(({ id }) => id)).toEqual(['id1', 'id2']);
    expect(marks.last?.id).toBe('id2');
    expect(marks.get('id1')?.label).toBe('m1');
    expect(marks.dropped).toBe(3);
  });

  it('keep their name when the new one is blank or the same', async () => {
    const { marks, asked } = open();
    await marks.rename('id1', '  ');
    await marks.rename('id1', 'm1');
    expect(asked).toEqual([]);
    await marks.rename('id1', 'pool-size 32');
    expect(asked).toEqual([['mark.rename', { id: 'id1', label: 'pool-size 32' }]]);
  });

  it('offer to undo a removal', async () => {
    const { marks, asked, notices } = open();
    await marks.remove('id2');
    expect(notices).toMatchObject([{ text: 'Removed the mark “m2”.', action: { label: 'Undo' } }]);
    notices[0]?.action?.run();
    expect(asked).toEqual([
      ['mark.remove', { id: 'id2' }],
      ['mark.restore', { id: 'id2' }],
    ]);
  });

  it('say why something failed', async () => {
    const { marks, notices, failing } = open();
    failing.add('mark.add').add('mark.remove');
    expect(await marks.add()).toBeUndefined();
    await marks.remove('id1');
    expect(notices.map(({ text, tone }) => [text, tone])).toEqual([
      ['It is gone.', 'error'],
      ['It is gone.', 'error'],
    ]);
  });

  it('are gone to in the list in view, or in that of the traces', () => {
    const onLogs = open('logs');
    onLogs.marks.goTo('id1');
    expect([onLogs.marks.goal?.id, onLogs.went]).toEqual(['id1', []]);
    onLogs.marks.takeGoal();
    expect(onLogs.marks.goal).toBeUndefined();
    const onMetrics = open('metrics');
    onMetrics.marks.goTo('id1');
    expect([onMetrics.marks.goal?.id, onMetrics.went]).toEqual(['id1', ['traces']]);
  });
});
