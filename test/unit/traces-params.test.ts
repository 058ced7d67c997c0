import { describe, expect, test } from 'vitest';
import { SPAN_ROW_FLAG, type SpansColumns, type SpansMeta } from '../../proto/live/topics.ts';
import { listLayout, stripLayout } from '../../renderer/features/traces/layout.ts';
import {
  MAX_MARKED,
  orderOf,
  parseMarked,
  scopeOf,
} from '../../renderer/features/traces/list-params.ts';
import { formatBrush, parseBrush } from '../../renderer/session/trace-brush.ts';
import { readSpanRows } from '../../renderer/features/traces/span-rows.ts';

describe('the place of the list in the URL', () => {
  test('an unknown scope or order is the first one', () => {
    expect(scopeOf('nothing')).toBe('traces');
    expect(orderOf('nothing', 'traces')).toBe('newest');
    expect(orderOf('mostSpans', 'spans')).toBe('newest');
    expect(orderOf('slowest', 'spans')).toBe('slowest');
  });

  test('a brush comes back as it was written', () => {
    const brush = {
      fromNs: '1700000000000000000',
      toNs: '1700000001000000000',
      minNs: 0,
      maxNs: Number.MAX_SAFE_INTEGER,
    };
    expect(parseBrush(formatBrush(brush))).toEqual(brush);
    const narrow = { ...brush, minNs: 1024.5, maxNs: 2048.125 };
    expect(parseBrush(formatBrush(narrow))).toEqual(narrow);
    expect(formatBrush(null)).toBe('');
  });

  test('a brush that holds nothing or cannot be read is none', () => {
    const wrong = ['', 'x', '5-4-0-1', '4-5-2-1', '1-2-3', `1-${2n ** 64n}-0-1`, '1-2-0-1-5'];
    expect(wrong.map(parseBrush)).toEqual(wrong.map(() => null));
  });

  test('marked ids are read once each, and only as many as can be marked', () => {
    const id = (n: number): string => n.toString(16).padStart(32, '0');
    expect(parseMarked(`${id(1)},${id(2)},${id(1)},junk,`)).toEqual([id(1), id(2)]);
    const many = Array.from({ length: MAX_MARKED + 5 }, (_, n) => id(n));
    expect(parseMarked(many.join(','))).toHaveLength(MAX_MARKED);
  });
});

describe('widths and heights', () => {
  test('duration is the last column at every width', () => {
    for (const width of [720, 960, 1440, 1700, 2560]) {
      for (const scope of ['traces', 'spans'] as const) {
        expect(listLayout(width, scope).columns).toMatch(/ 66px$/);
      }
    }
  });

  test('a low window has a low strip behind a toggle, a very low one hides it', () => {
    expect(stripLayout(900)).toEqual({ heightPx: 150, hasToggle: false, isShown: true });
    expect(stripLayout(700)).toEqual({ heightPx: 64, hasToggle: true, isShown: true });
    expect(stripLayout(500)).toEqual({ heightPx: 64, hasToggle: true, isShown: false });
  });
});

test('a row of the spans topic has its ids, words and flags', () => {
  const meta: SpansMeta = {
    total: 1,
    searching: false,
    matched: 1,
    length: 1,
    newCount: 0,
    newestOrdinal: 3,
    order: 'newest',
    first: 8,
    strings: ['charge', 'payments'],
  };
  const columns: SpansColumns = {
    ordinal: Float64Array.of(3),
    traceId: Uint8Array.from({ length: 16 }, (_, i) => i),
    spanId: Uint8Array.from({ length: 8 }, (_, i) => 0xf0 + i),
    startHi: Uint32Array.of(0),
    startLo: Uint32Array.of(2_000_000),
    durationNs: Float64Array.of(5e6),
    nameStr: Int32Array.of(0),
    serviceStr: Int32Array.of(1),
    rootStr: Int32Array.of(-1),
    kind: Uint8Array.of(3),
    status: Uint8Array.of(2),
    flags: Uint8Array.of(SPAN_ROW_FLAG.error | SPAN_ROW_FLAG.badTime),
  };
  expect(readSpanRows(meta, columns)).toEqual({
    first: 8,
    pinned: [],
    rows: [
      {
        kind: 'span',
        key: '000102030405060708090a0b0c0d0e0f-f0f1f2f3f4f5f6f7',
        traceId: '000102030405060708090a0b0c0d0e0f',
        spanId: 'f0f1f2f3f4f5f6f7',
        ordinal: 3,
        startMs: 2,
        durationNs: 5e6,
        name: 'charge',
        service: 'payments',
        root: '',
        spanKind: 'client',
        isFailed: true,
        isOk: false,
        hasException: false,
        hasBadTime: true,
        isRoot: false,
      },
    ],
  });
});
