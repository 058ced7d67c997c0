import { describe, expect, test } from 'vitest';
import { TraceLayout } from '../../renderer/canvas/layout-model.ts';
import {
  indexOperations,
  operationRows,
  orderOperations,
  slowestLeaves,
  type OperationRow,
} from '../../renderer/canvas/operation-table.ts';
import { finish } from '../../renderer/canvas/steps.ts';
import { layoutFrame, type BoxSpec } from '../support/canvas/recorder.ts';

const INFERRED = 2;
const SPECS: readonly BoxSpec[] = [
  { start: 0, end: 100, name: 'root', service: 'web' },
  { start: 0, end: 10, depth: 1, name: 'read', service: 'db' },
  { start: 10, end: 40, depth: 1, name: 'read', service: 'db', flags: 1 },
  { start: 40, end: 60, depth: 1, name: 'read', service: 'cache' },
  { start: 60, end: 100, depth: 1, name: '', service: '', flags: INFERRED },
  { start: 61, end: 99, depth: 2, name: 'read', service: 'db' },
];

function layoutOf(specs: readonly BoxSpec[]): TraceLayout {
  const { meta, columns } = layoutFrame(specs);
  return new TraceLayout(meta, columns);
}

const all = { startNs: 0, endNs: 100 };

function rowsOf(
  layout: TraceLayout,
  window: typeof all,
  isMatch: Uint8Array | null = null,
): OperationRow[] {
  return finish(operationRows(layout, finish(indexOperations(layout)), window, isMatch));
}

describe('operation table', () => {
  const layout = layoutOf(SPECS);
  const dbIn = (window: typeof all, isMatch: Uint8Array | null = null) =>
    rowsOf(layout, window, isMatch).find(({ service }) => service === 'db');

  test('sums up the spans of one name in one service', () => {
    expect(dbIn(all)).toMatchObject({
      name: 'read',
      count: 3,
      errors: 1,
      totalNs: 78,
      p50Ns: 30,
      p95Ns: 38,
      slowestBox: 5,
    });
  });

  test('leaves out inferred boxes', () => {
    expect(rowsOf(layout, all).map(({ service }) => service)).toEqual(['web', 'db', 'cache']);
  });

  test('counts what lies in the window and matches the search', () => {
    expect(dbIn({ startNs: 15, endNs: 60 })?.count).toBe(1);
    expect(dbIn(all, Uint8Array.of(0, 1, 0, 1, 0, 0))?.count).toBe(1);
  });

  test('orders numbers downwards and names upwards', () => {
    const rows = rowsOf(layout, all);
    expect(orderOperations(rows, 'count').map(({ count }) => count)).toEqual([3, 1, 1]);
    expect(orderOperations(rows, 'name').map(({ service }) => service)).toEqual([
      'cache',
      'db',
      'web',
    ]);
  });

  test('finds the slowest leaves among many', () => {
    const specs = Array.from({ length: 1000 }, (_, i) => {
      const length = (i * 7919) % 1000;
      return { start: i * 1000, end: i * 1000 + length };
    });
    const many = layoutOf(specs);
    const slowest = finish(slowestLeaves(many, { startNs: 0, endNs: 1e6 }, null, 5));
    expect(slowest.map((box) => many.durationNs(box))).toEqual([999, 998, 997, 996, 995]);
    expect(finish(slowestLeaves(layout, all, null, 2))).toEqual([5, 2]);
  });
});
