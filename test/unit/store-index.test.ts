import { describe, expect, it } from 'vitest';
import { hashWords } from '../../electron/engine/store/hash.ts';
import { RowIndex } from '../../electron/engine/store/row-index.ts';
import { MAX_SEGMENTS } from '../../electron/engine/store/segment-table.ts';
import { classFor, SlotArena, slotsOfClass } from '../../electron/engine/store/slot-arena.ts';
import { Strings } from '../../electron/engine/store/string-table.ts';
import { warmUp } from '../../electron/engine/store/warm-up.ts';
import { openStore, spansBody, takeGood, traceHex } from '../support/store-bodies.ts';
import { seededRandom } from '../support/otlp/random.ts';

describe('a row index', () => {
  it('finds every row by its hash, also while it is being rebuilt', () => {
    const index = new RowIndex(64);
    const hashes: number[] = [];
    const has = (row: number): boolean => {
      let found = index.first(hashes[row]);
      while (found !== -1 && found !== row) found = index.next();
      return found === row;
    };
    let rebuilt = 0;
    for (let row = 0; row < 20_000; row++) {
      if (!index.hasRoom(1)) {
        while (rebuilt < row && index.isRebuilding) index.add(hashes[rebuilt], rebuilt++);
        index.startRebuild(row + 1);
        rebuilt = 0;
      }
      for (let step = 0; index.isRebuilding && step < 3; step++) {
        if (rebuilt < row) index.add(hashes[rebuilt], rebuilt++);
        else index.endRebuild();
      }
      // Eight rows share each hash.
      hashes.push(hashWords(row >> 3, 7, row >> 3));
      index.add(hashes[row], row);
      if (row % 501 === 0) for (let i = 0; i <= row; i += 37) expect(has(i)).toBe(true);
    }
  });
});

describe('a slot arena', () => {
  it('has a size class for every table that wastes less than a third of it', () => {
    for (let slots = 1; slots < 5000; slots++) {
      const size = classFor(slots);
      expect(slotsOfClass(size)).toBeGreaterThanOrEqual(slots);
      if (size > 0) expect(slotsOfClass(size - 1)).toBeLessThan(slots);
    }
  });

  it('keeps every table apart and whole while tables come, go and are packed', () => {
    const random = seededRandom(11);
    const arena = new SlotArena();
    const tables: { place: number; size: number; mark: number }[] = [];
    const slots = ({ place, size }: { place: number; size: number }): Int32Array => {
      const base = arena.baseOf(place);
      return arena.slotsOf(place).subarray(base, base + slotsOfClass(size));
    };
    for (let mark = 1; mark <= 4000; mark++) {
      const size = random.chance(0.01) ? 31 : random.below(18);
      const table = { place: arena.take(size), size, mark };
      expect(slots(table).every((slot) => slot === 0)).toBe(true);
      slots(table).fill(mark);
      tables.push(table);
      if (random.chance(0.6)) {
        const [gone] = tables.splice(random.below(tables.length), 1);
        arena.free(gone.place, gone.size);
      }
      if (mark % 1000 === 0) {
        arena.startPacking();
        for (const each of tables) each.place = arena.repack(each.place, each.size);
        arena.endPacking();
      }
    }
    for (const table of tables) {
      expect(slots(table).every((slot) => slot === table.mark)).toBe(true);
    }
  });
});

describe('interned strings', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('have one row while somebody names them, and none after that', () => {
    const strings = new Strings();
    const row = strings.retainText('once');
    expect(strings.intern(bytes('-once-'), 1, 4)).toBe(row);
    expect([strings.find('once'), strings.get(row)]).toEqual([row, 'once']);
    strings.release(row);
    expect(strings.find('once')).toBe(-1);
    expect(strings.find('')).toBe(0);
  });

  it('agree with a map while thousands come and go', () => {
    const random = seededRandom(5);
    const strings = new Strings();
    const rows = new Map<string, number>();
    for (let i = 0; i < 200_000; i++) {
      const text = `${'abc'.repeat(random.below(8))}${random.below(500)}`;
      const row = rows.get(text);
      if (row === undefined) rows.set(text, strings.retainText(text));
      else if (random.chance(0.6)) {
        expect(strings.get(row)).toBe(text);
        strings.release(row);
        rows.delete(text);
      }
    }
    for (const [text, row] of rows) expect(strings.find(text)).toBe(row);
    expect(strings.bytes).toBeLessThan(600_000);
  });

  it('show U+FFFD for what is not UTF-8', () => {
    const strings = new Strings();
    const row = strings.intern(Uint8Array.of(0x61, 0xff, 0x62), 0, 3);
    expect(strings.get(row)).toBe('a\ufffdb');
  });
});

describe('a segment table', () => {
  it('says when its rows would not fit into the indexes any more', () => {
    const { store } = openStore();
    const rows = store.spans.segmentRows;
    expect(store.spans.isFull(MAX_SEGMENTS * rows)).toBe(false);
    expect(store.spans.isFull(MAX_SEGMENTS * rows + 1)).toBe(true);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1 }]));
    expect(store.spans.isFull(MAX_SEGMENTS * rows - 1)).toBe(false);
    expect(store.spans.isFull(MAX_SEGMENTS * rows)).toBe(true);
  });
});

describe('the trace index', () => {
  it('finds every trace while it is rebuilt a little at a time', () => {
    const { store } = openStore();
    for (let trace = 1; trace <= 6000; trace++) {
      takeGood(store, 'traces', spansBody([{ trace, id: 1 }]));
      if (trace % 7 !== 0) continue;
      for (let other = 1; other <= trace; other += 97) {
        expect(store.traces.find(traceHex(other)), `${other} of ${trace}`).not.toBe(-1);
      }
      expect(store.traces.find(traceHex(trace + 1))).toBe(-1);
    }
    expect(store.traces.count).toBe(6000);
  });
});

describe('the warm-up', () => {
  it('runs through', () => {
    expect(() => {
      for (const _ of warmUp({ nowMs: () => 1, ticksMs: () => 1 }));
    }).not.toThrow();
  });
});
