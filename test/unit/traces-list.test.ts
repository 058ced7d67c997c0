import { describe, expect, test } from 'vitest';
import { TRACE_FLAG, type TracesColumns, type TracesMeta } from '../../proto/live/topics.ts';
import { ServiceColours } from '../../renderer/base/service-colour.ts';
import { evictedText } from '../../renderer/session/evicted-text.ts';
import {
  countText,
  holdReason,
  seamText,
  type ListSigns,
} from '../../renderer/features/traces/hold.ts';
import {
  isFailedStatus,
  logShare,
  readTraceRows,
} from '../../renderer/features/traces/trace-rows.ts';

const IDLE: ListSigns = {
  isPaused: false,
  isPointing: false,
  hasSelection: false,
  hasMarked: false,
  hasTextSelected: false,
  isScrolled: false,
};

describe('holding the list', () => {
  test('an idle list at the top follows', () => {
    expect(holdReason(IDLE)).toBeNull();
  });

  test('pointing, selecting, scrolling and pausing each hold it', () => {
    expect(holdReason({ ...IDLE, isPointing: true })).toBe('pointing');
    expect(holdReason({ ...IDLE, hasSelection: true })).toBe('selection');
    expect(holdReason({ ...IDLE, hasMarked: true })).toBe('marked');
    expect(holdReason({ ...IDLE, hasTextSelected: true })).toBe('text');
    expect(holdReason({ ...IDLE, isScrolled: true })).toBe('scrolled');
  });

  test('a pause is named before anything else', () => {
    expect(holdReason({ ...IDLE, isPaused: true, isPointing: true })).toBe('paused');
    const seam = { scope: 'traces', order: 'newest', newCount: 0 } as const;
    expect(seamText({ ...seam, reason: 'pointing' })).toBe(
      'Held while you point at a row. Nothing is lost.',
    );
  });

  test('a sorted list says by what, and how new rows come in', () => {
    const seam = { scope: 'traces', order: 'slowest', reason: 'pointing' } as const;
    expect(seamText({ ...seam, newCount: 0 })).toBe('Sorted by duration.');
    expect(seamText({ ...seam, newCount: 12 })).toBe('Sorted by duration. N brings in 12 new.');
    expect(seamText({ ...seam, reason: 'paused', newCount: 12 })).toBe(
      'Paused. The receiver goes on.',
    );
  });

  test('the count names what the filter hides', () => {
    expect(countText(1143, 1204, 'traces')).toBe('1,143 of 1,204 traces');
    expect(countText(1204, 1204, 'traces')).toBe('1,204 traces');
    expect(countText(1, 1, 'spans')).toBe('1 span');
  });
});

describe('rows of the list', () => {
  const meta: TracesMeta = {
    total: 2,
    entered: 2,
    searching: false,
    matched: 2,
    length: 2,
    newCount: 0,
    newestOrdinal: 7,
    order: 'newest',
    first: 40,
    strings: ['web', 'GET /cart', '502', 'cart'],
    pinned: 1,
  };
  const columns: TracesColumns = {
    ordinal: Float64Array.of(7, 3),
    traceId: Uint8Array.from({ length: 32 }, (_, i) => i),
    startHi: Uint32Array.of(0, 0),
    startLo: Uint32Array.of(2_000_000, 0),
    durationNs: Float64Array.of(5e6, 1),
    spanCount: Uint32Array.of(4, 1),
    errorCount: Uint32Array.of(2, 0),
    evictedCount: Uint32Array.of(12, 0),
    flags: Uint8Array.of(
      TRACE_FLAG.hasRoot | TRACE_FLAG.receiving | TRACE_FLAG.partlyEvicted,
      TRACE_FLAG.pinned,
    ),
    nameStr: Int32Array.of(1, -1),
    serviceStr: Int32Array.of(0, 3),
    statusStr: Int32Array.of(2, -1),
    servicesStart: Uint32Array.of(0, 2, 3),
    servicesStr: Int32Array.of(0, 3, 3),
    shapeStart: Uint32Array.of(0, 2, 2),
    shapeX0: Uint16Array.of(0, 100),
    shapeX1: Uint16Array.of(65535, 200),
    shapeLane: Uint8Array.of(0, 1),
    shapeServiceStr: Int32Array.of(0, -1),
  };
  const colours = new ServiceColours();
  const window = readTraceRows(meta, columns, (name) => colours.of(name));

  test('window rows and pinned rows are told apart', () => {
    expect(window.first).toBe(40);
    expect(window.rows.map(({ ordinal }) => ordinal)).toEqual([7]);
    expect(window.pinned.map(({ ordinal }) => ordinal)).toEqual([3]);
  });

  test('a row has its id, times, services and shape', () => {
    const [row] = window.rows;
    expect(row).toMatchObject({
      traceId: '000102030405060708090a0b0c0d0e0f',
      startMs: 2,
      name: 'GET /cart',
      service: 'web',
      status: '502',
      services: ['web', 'cart'],
      hasRoot: true,
      isReceiving: true,
    });
    expect(row?.shape.slot).toEqual([colours.of('web').slot, 0]);
  });

  test('a row says how many spans were evicted, or that only log records were', () => {
    const [row] = window.rows;
    expect(row).toMatchObject({ isPartlyEvicted: true, evictedCount: 12 });
    expect([row?.evictedCount ?? 0, 1, 0].map(evictedText)).toEqual([
      '12 spans evicted',
      '1 span evicted',
      'log records evicted',
    ]);
  });

  test('a trace without a root says so and has no name', () => {
    expect(window.pinned[0]).toMatchObject({
      hasRoot: false,
      name: '',
      status: '',
      isPinned: true,
    });
  });

  test('status codes of HTTP and RPC are told apart', () => {
    expect(['200', '404', '502', '0', '14', '', 'odd'].map(isFailedStatus)).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  test('duration bars are log scaled and never empty or over full', () => {
    expect(logShare(0, 4e9)).toBe(0.01);
    expect(logShare(4e9, 4e9)).toBe(1);
    expect(logShare(8e9, 4e9)).toBe(1);
    expect(logShare(3.46e7, 4e9)).toBeCloseTo(0.5, 2);
  });
});
