import { describe, expect, it } from 'vitest';
import { NO_FILTER, type FlameDiffColumns, type Mark } from '../../proto/live/topics.ts';
import { DiffFlame } from '../../renderer/canvas/merge-diff.ts';
import { withoutNodes } from '../../renderer/canvas/merge-hide.ts';
import { ALL_TRACES } from '../../renderer/canvas/merge-model.ts';
import {
  brushOf,
  sideOf,
  sourceChoices,
  sourceLabel,
  tracesOf,
} from '../../renderer/features/flame/side-source.ts';
import { parseBrush } from '../../renderer/session/trace-brush.ts';
import { compareTarget, compareWithPeers } from '../../renderer/session/compare.ts';

const mark = (id: string, label: string, second: number): Mark => ({
  id,
  label,
  timeUnixNano: `${second}000000000`,
  kind: 'manual',
});
const MARKS = [mark('m1', 'start', 10), mark('m2', 'pool-size 32', 20)];
const ID = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe('the source of a side', () => {
  it('is everything, what came live, a file, or bounded by a mark', () => {
    const of = (source: string) => sideOf(NO_FILTER, source, MARKS);
    expect(of('')).toEqual({ filter: NO_FILTER });
    expect(of('live')).toEqual({ filter: NO_FILTER, source: 'live' });
    expect(of('import:3')).toEqual({ filter: NO_FILTER, source: 3 });
    expect(of('before:m2')).toEqual({ filter: NO_FILTER, toUnixNano: '20000000000' });
    expect(of('after:m1')).toEqual({ filter: NO_FILTER, fromUnixNano: '10000000000' });
  });

  it('is none where its mark or file is no mark or file', () => {
    expect(sideOf(NO_FILTER, 'after:gone', MARKS)).toBeUndefined();
    expect(sideOf(NO_FILTER, 'import:x', MARKS)).toBeUndefined();
  });

  it('has a name', () => {
    const context = { marks: MARKS, imports: [{ id: 3, name: 'old.ftail' }] };
    const label = (source: string, query = '') => sourceLabel(source, query, context);
    expect(label('')).toBe('All traces');
    expect(label('', 'service:a')).toBe('Query');
    expect(label('', `trace:${ID}`)).toBe('Trace abababab');
    expect(label('', `trace:${ID},${OTHER}`)).toBe('2 traces');
    expect(label('before:m2')).toBe('Before pool-size 32');
    expect(label('import:3')).toBe('old.ftail');
    expect(sourceChoices(context).map(({ value }) => value)).toEqual([
      ...['', 'live', 'import:3', 'before:m2', 'after:m2', 'before:m1', 'after:m1'],
    ]);
  });

  it('is a brush of the list of traces, which the list understands', () => {
    const side = { filter: NO_FILTER, fromUnixNano: '10000000000' };
    expect(parseBrush(brushOf(side))).toMatchObject({ fromNs: '10000000000', minNs: 0 });
    expect(parseBrush(brushOf({ filter: NO_FILTER, toUnixNano: '5' }))).toMatchObject({
      ...{ fromNs: '0', toNs: '5' },
    });
    expect(brushOf({ filter: NO_FILTER })).toBe('');
  });
});

describe('the way to a comparison', () => {
  const params = (traceIds: readonly string[], lastMark?: Mark) =>
    compareTarget({ traceIds, lastMark }).params;

  it('takes two marked traces as A and B, and of more the first against the rest', () => {
    expect(params([ID, OTHER])).toEqual({
      ...{ mode: 'compare', q: `trace:${ID}`, b: `trace:${OTHER}` },
    });
    expect(params([ID, OTHER, ID])).toMatchObject({ b: `trace:${OTHER},${ID}` });
    expect(tracesOf(`trace:${ID},${OTHER}`)).toEqual([ID, OTHER]);
  });

  it('takes one trace against all others, or against its peers', () => {
    expect(params([ID])).toMatchObject({ q: `-trace:${ID}`, b: `trace:${ID}` });
    expect(compareWithPeers(ID, 'shop', 'GET /a').params).toMatchObject({
      ...{ q: `root:"GET /a" service:shop -trace:${ID}`, b: `trace:${ID}` },
    });
  });

  it('is before and after the last mark without a trace', () => {
    expect(params([], MARKS[1])).toEqual({ mode: 'compare', as: 'before:m2', bs: 'after:m2' });
    expect(params([])).toEqual({ mode: 'compare' });
  });
});

/** root (a 10, b 20) over old (a 4) and new (b 10); two traces of A and one of B. */
const COLUMNS: FlameDiffColumns = {
  parent: Int32Array.of(-1, 0, 0),
  depth: Int32Array.of(0, 1, 1),
  kind: Uint8Array.of(0, 0, 0),
  nameStr: Int32Array.of(0, 1, 2),
  serviceStr: Int32Array.of(3, 3, 3),
  widthNs: Float64Array.of(24, 10, 4),
  aNs: Float64Array.of(10, NaN, 4),
  bNs: Float64Array.of(20, 10, NaN),
  aSelfNs: Float64Array.of(6, NaN, 4),
  bSelfNs: Float64Array.of(10, 10, NaN),
  aCount: Uint32Array.of(2, 0, 6),
  bCount: Uint32Array.of(1, 5, 0),
};
const side = { matched: 0, searching: false, spanCount: 8, medianNs: 1, tested: 1 };
const META = {
  ...{
    merged: true,
    by: '',
    total: 3,
    mergedAtMs: 1,
    p: null,
    superiority: 0.5,
    shared: 0,
    imports: [],
  },
  a: { ...side, traceCount: 2 },
  b: { ...side, traceCount: 1 },
  strings: ['root', 'new', 'old', 'svc'],
};

describe('the measures of a comparison', () => {
  const by = (measure: 'mean' | 'total' | 'self' | 'count') => {
    const diff = new DiffFlame(META, COLUMNS, measure);
    const widths = [ALL_TRACES, 0, 1, 2].map((node) => diff.flame.width('mean', node));
    return { values: [diff.values(0), diff.values(ALL_TRACES)], widths };
  };

  it('are times and spans of the mean trace, or times of all traces', () => {
    expect(by('mean').values).toEqual([
      [10, 20],
      [10, 20],
    ]);
    expect(by('total').values[0]).toEqual([20, 20]);
    expect(by('self').values).toEqual([
      [6, 10],
      [10, 20],
    ]);
    expect(by('count').values).toEqual([
      [1, 1],
      [4, 6],
    ]);
  });

  it('make a box as wide as the larger of A and B, part by part', () => {
    expect(by('mean').widths).toEqual([24, 24, 10, 4]);
    expect(by('total').widths).toEqual([30, 30, 10, 8]);
    expect(by('self').widths).toEqual([24, 24, 10, 4]);
    expect(by('count').widths).toEqual([9, 9, 5, 3]);
  });

  it('say where an operation is called from', () => {
    const operations = new DiffFlame(META, COLUMNS).operations(ALL_TRACES);
    expect(operations.map(({ name, callers }) => `${name} from ${callers.first}`)).toEqual([
      'new from svc \u203a root',
      'old from svc \u203a root',
      'root from ',
    ]);
  });
});

describe('hiding', () => {
  it('takes a node with all below it, and its time from what is above', () => {
    const rest = withoutNodes(COLUMNS, ['aNs', 'bNs', 'widthNs'], (node) => node === 1);
    expect([...rest.parent]).toEqual([-1, 0]);
    expect([...rest.widthNs]).toEqual([14, 4]);
    expect([...rest.aNs]).toEqual([10, 4]);
    expect([...rest.bNs]).toEqual([10, NaN]);
    expect([...withoutNodes(COLUMNS, ['widthNs'], (node) => node === 0).parent]).toEqual([]);
  });
});
