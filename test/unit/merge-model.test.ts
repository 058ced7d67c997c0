import { describe, expect, it } from 'vitest';
import { MergedFlame, ALL_TRACES } from '../../renderer/canvas/merge-model.ts';
import { buildMergeScene, hitMerge, rowOf } from '../../renderer/canvas/merge-scene.ts';
import { queryOfNode, withStructure } from '../../renderer/features/flame/flame-query.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import { FLAME_KIND } from '../../proto/live/topics.ts';

interface Row {
  readonly depth: number;
  readonly name: string;
  readonly service?: string;
  readonly kind?: number;
  readonly attributed?: number;
  readonly self?: number;
  readonly count?: number;
}

function flameOf(rows: readonly Row[]): MergedFlame {
  const strings = [...new Set(rows.flatMap(({ name, service = 'shop' }) => [name, service]))];
  const parent = rows.map(({ depth }, node) => {
    for (let at = node - 1; at >= 0; at--) if (rows[at].depth === depth - 1) return at;
    return -1;
  });
  const isSpans = ({ kind = 0 }: Row): boolean => kind === FLAME_KIND.spans;
  const numbers = (key: 'attributed' | 'self' | 'count'): number[] =>
    rows.map((row) => row[key] ?? 1);
  return new MergedFlame(
    {
      merged: true,
      by: '',
      imports: [],
      matched: 2,
      total: 2,
      searching: false,
      mergedAtMs: 1,
      traceCount: 2,
      spanCount: rows.length,
      busyNs: 1,
      strings,
    },
    {
      parent: Int32Array.from(parent),
      depth: Int32Array.from(rows, ({ depth }) => depth),
      kind: Uint8Array.from(rows, ({ kind = 0 }) => kind),
      nameStr: Int32Array.from(rows, (row) => (isSpans(row) ? strings.indexOf(row.name) : -1)),
      serviceStr: Int32Array.from(rows, (row) =>
        isSpans(row) ? strings.indexOf(row.service ?? 'shop') : -1,
      ),
      totalNs: Float64Array.from(numbers('attributed')),
      selfNs: Float64Array.from(numbers('self')),
      attributedNs: Float64Array.from(numbers('attributed')),
      count: Uint32Array.from(numbers('count')),
      errors: new Uint32Array(rows.length),
      traces: Uint32Array.from(numbers('count')),
    },
  );
}

const FLAME = flameOf([
  { depth: 0, name: 'checkout', attributed: 80, self: 20, count: 2 },
  { depth: 1, name: 'charge', service: 'pay', attributed: 40, self: 30, count: 3 },
  { depth: 2, name: 'checkout', attributed: 10, self: 10, count: 1 },
  { depth: 1, name: 'reserve', attributed: 20, self: 20, count: 1 },
  { depth: 0, name: 'search', attributed: 20, self: 20, count: 4 },
]);

describe('merged flame of the page', () => {
  it('is as wide as what is its own and below it, whatever is measured', () => {
    const widths = (measure: 'mean' | 'self' | 'count'): number[] =>
      [ALL_TRACES, 0, 1, 2, 3, 4].map((node) => FLAME.width(measure, node));
    expect(widths('mean')).toEqual([100, 80, 40, 10, 20, 20]);
    expect(widths('self')).toEqual([100, 80, 40, 10, 20, 20]);
    expect(widths('count')).toEqual([11, 7, 4, 1, 1, 4]);
    expect(FLAME.value('count', 0)).toBe(2);
    expect(FLAME.value('self', 1)).toBe(30);
  });

  it('finds a node again by its path, or what is left of it', () => {
    const labels = FLAME.path(2).map((node) => FLAME.label(node));
    expect(FLAME.find(labels)).toBe(2);
    expect(FLAME.find([...labels.slice(0, 2), 'gone'])).toBe(1);
    expect(FLAME.find(['gone'])).toBe(ALL_TRACES);
  });

  it('sums operations, recursive calls once', () => {
    expect(FLAME.operations(ALL_TRACES)).toMatchObject([
      { name: 'charge', service: 'pay', selfNs: 30, attributedNs: 40, count: 3, errors: 0 },
      { name: 'checkout', service: 'shop', selfNs: 30, attributedNs: 80, count: 3, errors: 0 },
      { name: 'reserve', service: 'shop', selfNs: 20, attributedNs: 20, count: 1, errors: 0 },
      { name: 'search', service: 'shop', selfNs: 20, attributedNs: 20, count: 4, errors: 0 },
    ]);
    expect(FLAME.operations(1).map(({ name }) => name)).toEqual(['charge', 'checkout']);
  });

  it('matches names and services, whatever the case', () => {
    expect([...(FLAME.matches('PAY') ?? [])]).toEqual([0, 1, 0, 0, 0]);
    expect(FLAME.matches('  ')).toBeNull();
  });

  it('gives a zoomed node the whole width, with what is above it', () => {
    const scene = buildMergeScene(FLAME, 'mean', 1, 400);
    const rects = scene.map((row) => row.map(({ node, x0, x1 }) => [node, x0, x1]));
    expect(rects).toEqual([[[ALL_TRACES, 0, 400]], [[0, 0, 400]], [[1, 0, 400]], [[2, 0, 100]]]);
    expect(hitMerge(scene, 50, 8 + 3 * 26 + 5)?.node).toBe(2);
    expect(hitMerge(scene, 150, 8 + 3 * 26 + 5)).toBeUndefined();
    expect(rowOf(FLAME, 2)).toBe(3);
  });

  it('draws the siblings of a pixel as one sliver, and leaves no room blank', () => {
    const many = flameOf([
      { depth: 0, name: 'root', attributed: 2000 },
      ...Array.from({ length: 2000 }, () => ({ depth: 1, name: 'leaf', attributed: 1 })),
    ]);
    const slivers = buildMergeScene(many, 'mean', ALL_TRACES, 500)[2];
    expect(slivers.map(({ x0 }) => x0)).toEqual(Array.from({ length: 500 }, (_, x) => x));
  });
});

describe('traces behind a box', () => {
  it('are those with its path from the root', () => {
    expect(queryOfNode('', FLAME, 1)).toBe(
      '{ service:shop name:checkout -has:parent } > { service:pay name:charge }',
    );
    expect(queryOfNode('status:error', FLAME, ALL_TRACES)).toBe('status:error');
  });

  it('come with every alternative of the query', () => {
    const joined = withStructure('a -b or "c or d"', '{ name:x }');
    expect(joined).toBe('a -b { name:x } or "c or d" { name:x }');
    expect(parseQuery(joined).ok).toBe(true);
  });

  it('have the part of the path that was received', () => {
    const orphan = flameOf([
      { depth: 0, name: '', kind: FLAME_KIND.notReceived },
      { depth: 1, name: 'GET /a b"c' },
      { depth: 2, name: '', kind: FLAME_KIND.other },
    ]);
    const query = queryOfNode('', orphan, 2);
    expect(query).toBe('{ service:shop name:"GET /a b\\"c" }');
    expect(parseQuery(query).ok).toBe(true);
  });

  it('are named by the deepest part of a path that is too long', () => {
    const deep = flameOf(
      Array.from({ length: 300 }, (_, depth) => ({ depth, name: `${'n'.repeat(400)}${depth}` })),
    );
    const query = queryOfNode('', deep, 299);
    expect(query.length).toBeLessThan(10_000);
    expect(query.endsWith('299 }')).toBe(true);
    expect(parseQuery(query).ok).toBe(true);
  });
});

describe('traces behind a box of a value', () => {
  const folded = (by: string, kind: number): MergedFlame => {
    const { meta, columns } = FLAME;
    return new MergedFlame({ ...meta, by }, { ...columns, kind: columns.kind.map(() => kind) });
  };

  it('have a span with it anywhere below one with that of the box above', () => {
    const query = queryOfNode('', folded('http.route', FLAME_KIND.spans), 1);
    expect(query).toBe('{ http.route:checkout -has:parent } >> { http.route:charge }');
    expect(parseQuery(query).ok).toBe(true);
  });

  it('have one without it, for the box of those that have none', () => {
    const flame = folded('my key', FLAME_KIND.noValue);
    expect(flame.name(0)).toBe('no my key');
    const query = queryOfNode('status:error', flame, 0);
    expect(query).toBe('status:error { -has:"my key" -has:parent }');
    expect(parseQuery(query).ok).toBe(true);
  });
});
