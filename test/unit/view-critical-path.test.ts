import { describe, expect, it } from 'vitest';
import { findCriticalPath, pastWholeMs } from '../../electron/engine/view/critical-path.ts';
import { orderTree } from '../../electron/engine/view/flame-order.ts';
import { NO_PARENT } from '../../electron/engine/view/flame-input.ts';
import { referenceCriticalPath } from '../support/critical-reference.ts';
import { nodesOf } from '../support/flame-text.ts';
import { inputOf, traceFromArt, type PlainSpan } from '../support/trace-art.ts';

const CONSUMER = 5;
/** No start of the traces below lies on a whole µs then. */
const FINE = 999;

/** `name[start-end]` in order of time. Spans whose names start with `consume` are consumers. */
function pathText(art: string, originNs = FINE): string {
  const { names, input } = traceFromArt(art);
  const tree = orderTree(input);
  const nodes = nodesOf(tree);
  const nameOf = (box: number): string => names[nodes[box]] ?? '?';
  const kind = Uint8Array.from({ length: tree.boxCount }, (_, box) =>
    nameOf(box).startsWith('consume') ? CONSUMER : 1,
  );
  const path = findCriticalPath(tree, kind, originNs);
  return Array.from(path.box, (box, i) => ({ box, start: path.startNs[i], end: path.endNs[i] }))
    .sort((a, b) => a.start - b.start)
    .map(({ box, start, end }) => `${nameOf(box)}[${String(start)}-${String(end)}]`)
    .join(' ');
}

describe('critical path', () => {
  it('is all of a single span', () => {
    expect(pathText('root 0-100')).toBe('root[0-100]');
  });

  it('goes through sequential children, and counts the gaps as the time of their parent', () => {
    const art = `
      root 0-100
        a 10-40
        b 50-90`;
    expect(pathText(art)).toBe('root[0-10] a[10-40] root[40-50] b[50-90] root[90-100]');
  });

  it('passes over a sibling that still runs when the next one on the path starts', () => {
    const art = `
      root 0-100
        a 0-40
        b 30-90`;
    expect(pathText(art)).toBe('root[0-30] b[30-90] root[90-100]');
  });

  it('goes back to the sibling that ended last before one that ran beside others', () => {
    const art = `
      root 0-100
        first 0-20
        short 20-50
        long 20-95`;
    expect(pathText(art)).toBe('first[0-20] long[20-95] root[95-100]');
  });

  it('takes the longest of children that end together', () => {
    const art = `
      root 0-100
        short 60-90
        long 10-90`;
    expect(pathText(art)).toBe('root[0-10] long[10-90] root[90-100]');
  });

  it('does not wait for a child that outlives its parent, where the trace goes on without it', () => {
    const art = `
      root 0-100
        call 10-50
          flush 20-80
        next 60-95`;
    expect(pathText(art)).toBe('root[0-10] call[10-50] root[50-60] next[60-95] root[95-100]');
  });

  it('follows descendants that outlive everybody to the end of the trace', () => {
    const art = `
      root 0-50
        send 10-20
          work 15-120
            step 100-130
        after 30-45`;
    expect(pathText(art)).toBe('root[0-10] send[10-15] work[15-100] step[100-130]');
  });

  it('leaves the time between a parent and a child that starts after its end on no span', () => {
    const art = `
      root 0-50
        later 70-90`;
    expect(pathText(art)).toBe('root[0-50] later[70-90]');
  });

  it('does not wait for the consumer of a message', () => {
    const art = `
      root 0-100
        send 10-20
        consume 20-80`;
    expect(pathText(art)).toBe('root[0-10] send[10-20] root[20-100]');
  });

  it('cuts a child that starts before its parent to the parent', () => {
    const art = `
      root 0-100
        a 40-60
          early 20-50`;
    expect(pathText(art)).toBe('root[0-40] early[40-50] a[50-60] root[60-100]');
  });

  it('skips children without length', () => {
    const art = `
      root 0-100
        point 50-50
        end 100-100`;
    expect(pathText(art)).toBe('root[0-100]');
  });

  it('goes from one root to the one that ended before it', () => {
    const art = `
      one 0-30
      beside 10-60
      two 40-90`;
    expect(pathText(art)).toBe('one[0-30] two[40-90]');
  });

  it('waits for a child that seems to run on because starts are rounded to whole ms', () => {
    const art = `
      root 0-9300000
        a 0-5400000
        b 5000000-9800000`;
    expect(pathText(art, 0)).toBe('a[0-5000000] b[5000000-9300000]');
    expect(pathText(art)).toBe('root[0-5000000] b[5000000-9800000]');
  });

  it('knows how far a time lies past a whole ms', () => {
    const ns = 1_795_475_484_546_123_456n;
    expect(pastWholeMs(Number(ns >> 32n), Number(ns & 0xffffffffn))).toBe(123_456);
  });

  it('goes through 100,000 levels', () => {
    const spans = Array.from({ length: 100_000 }, (_, i) => ({
      name: 's',
      start: i,
      end: 300_000 - i,
      parent: i === 0 ? NO_PARENT : i - 1,
    }));
    const tree = orderTree(inputOf(spans));
    const path = findCriticalPath(tree, new Uint8Array(tree.boxCount), FINE);
    expect(path.box.length).toBe(199_999);
  });

  it('says when it passed over children that still ran', () => {
    const overlapsIn = (art: string): number => {
      const tree = orderTree(traceFromArt(art).input);
      return findCriticalPath(tree, new Uint8Array(tree.boxCount), FINE).overlapCount;
    };
    expect(overlapsIn('root 0-100\n  a 0-40\n  b 40-90')).toBe(0);
    expect(overlapsIn('root 0-100\n  a 0-41\n  b 40-90')).toBe(1);
  });

  it('agrees with the reference on random traces', () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * below);
    };
    for (let round = 0; round < 400; round++) {
      const originNs = round % 2 === 0 ? FINE : 0;
      const scale = originNs === FINE ? 1 : 100;
      const spans = Array.from(
        { length: 1 + random(round < 390 ? 14 : 160) },
        (_, i): PlainSpan => {
          const start = random(60);
          const parent = random(8) === 0 ? NO_PARENT : random(i + 1) - 1;
          return { name: `s${String(i)}`, start, end: start + random(50) * scale, parent };
        },
      );
      const tree = orderTree(inputOf(spans));
      const kind = Uint8Array.from({ length: tree.boxCount }, () => random(6));
      const path = findCriticalPath(tree, kind, originNs);
      const found = Array.from(path.box, (box, i) => {
        return { box, start: path.startNs[i], end: path.endNs[i] };
      });
      const hint = `SEED=${String(seed)} round ${String(round)}`;
      expect(found, hint).toEqual(referenceCriticalPath(tree, kind, originNs));
      const inTime = found.toSorted((a, b) => a.start - b.start);
      for (let i = 1; i < inTime.length; i++) {
        expect(inTime[i].start, hint).toBeGreaterThanOrEqual(inTime[i - 1].end);
      }
    }
  });

  it('adds up to the duration of a root that nothing precedes or outlives', () => {
    const art = `
      root 0-1000
        a 5-400
          a1 10-200
          a2 100-380
        b 300-900
          b1 310-899`;
    const tree = orderTree(traceFromArt(art).input);
    const path = findCriticalPath(tree, new Uint8Array(tree.boxCount), FINE);
    expect(path.endNs.reduce((sum, end, i) => sum + end - path.startNs[i], 0)).toBe(1000);
  });
});
