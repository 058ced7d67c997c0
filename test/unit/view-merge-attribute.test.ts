import { describe, expect, it } from 'vitest';
import { FieldKeys } from '../../electron/engine/view/merge-attribute.ts';
import type { MergeOptions } from '../../electron/engine/view/merge-traces.ts';
import { MERGED_KIND, type MergedTree } from '../../electron/engine/view/merge-tree.ts';
import { checkInside, randomTraces, rootSum, sumOf } from '../support/merge-random.ts';
import { NOT_RECEIVED, referenceMerge, STEP } from '../support/merge-reference.ts';
import {
  mergeAll,
  mergedText,
  NO_VALUE,
  printMerged,
  specsFromArt,
  storeOf,
} from '../support/merge-text.ts';
import { seededRandom } from '../support/otlp/random.ts';
import type { SpanSpec } from '../support/store-bodies.ts';

const SEED = 77_000;

function by(field: string, maxValues?: number): MergeOptions {
  const keys = FieldKeys.of(field, maxValues);
  if (!(keys instanceof FieldKeys)) throw new Error(keys.message);
  return { keys, joinsEqual: true };
}

function trimmed(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}

describe('folding by a field', () => {
  it('makes a box of each value, one of what has none, and joins what lies below its like', () => {
    const art = `
      request 0-100
        handler 0-90 route=/buy
          check 0-20 route=/buy
          sql 20-50
        handler 90-100 route=/look
      ---
      request 0-10 route=/look`;
    expect(mergedText(art, by('route'))).toBe(
      trimmed(`
      (no value) 100/0/100 ×1 in 1
        /buy 90/60/90 ×2 in 1
          (no value) 30/30/30 ×1 in 1
        /look 10/10/10 ×1 in 1
      /look 10/10/10 ×1 in 1`),
    );
  });

  it('reads integers, doubles and bools as queries write them', () => {
    const specs = [5, 0.25, true, '5'].map((value, i): SpanSpec => ({
      ...{ trace: i + 1, id: 1, start: 0, end: 10 * (i + 1), attributes: { value } },
    }));
    expect(printMerged(mergeAll(storeOf(specs), by('value')))).toBe(
      'true 30/30/30 ×1 in 1\n0.25 20/20/20 ×1 in 1\n5 50/50/50 ×2 in 2'
        .split('\n')
        .sort((a, b) => Number(/ (\d+)/.exec(b)?.[1]) - Number(/ (\d+)/.exec(a)?.[1]))
        .join('\n'),
    );
  });

  it('takes an attribute of the resource where the span has none, and a retired name for its current one', () => {
    const store = storeOf([
      { trace: 1, id: 1, start: 0, end: 10, service: 'pay', attributes: { 'http.method': 'GET' } },
      { trace: 2, id: 1, start: 0, end: 5, service: 'shop' },
    ]);
    expect(printMerged(mergeAll(store, by('service.name')))).toBe(
      'pay 10/10/10 ×1 in 1\nshop 5/5/5 ×1 in 1',
    );
    expect(printMerged(mergeAll(store, by('http.request.method')))).toBe(
      `GET 10/10/10 ×1 in 1\n${NO_VALUE} 5/5/5 ×1 in 1`,
    );
    expect(printMerged(mergeAll(store, by('span.service.name')))).toBe(`${NO_VALUE} 15/15/15 ×2`);
  });

  it('knows the fields that are no attributes', () => {
    const store = storeOf([
      { trace: 1, id: 1, kind: 2, name: 'a', status: 2, start: 0, end: 10 },
      { trace: 1, id: 2, kind: 3, name: 'b', parent: 1, start: 0, end: 4 },
    ]);
    const top = (field: string) => printMerged(mergeAll(store, by(field))).split(' ')[0];
    expect(['kind', 'status', 'name', 'service', 'scope'].map(top)).toEqual([
      'server',
      'error',
      'a',
      'svc',
      'lib',
    ]);
  });

  it('refuses what a span cannot be folded by', () => {
    for (const field of ['duration', 'trace.spans', 'event.name', 'link.trace']) {
      expect(FieldKeys.of(field), field).toHaveProperty('message');
    }
  });

  it('counts values beyond the bound as other', () => {
    const specs = Array.from({ length: 5 }, (_, i): SpanSpec => ({
      ...{ trace: i + 1, id: 1, start: 0, end: 10, attributes: { id: `v${i}` } },
    }));
    const tree = mergeAll(storeOf(specs), by('id', 3));
    expect(tree.nodeCount).toBe(4);
    const other = tree.kind.indexOf(MERGED_KIND.other);
    expect([tree.count[other], tree.attributedNs[other]]).toEqual([2, 20]);
  });

  it('is what the slow reference finds in random traces', () => {
    const values = ['x', 'y', undefined];
    for (let round = 0; round < 60; round++) {
      const seed = SEED + round;
      const random = seededRandom(seed);
      const specs = randomTraces(random).map((spec): SpanSpec => {
        const value = random.pick(values);
        return value === undefined ? spec : { ...spec, attributes: { 'app.tier': value } };
      });
      const tree = mergeAll(storeOf(specs), by('app.tier'));
      const { paths, busyNs } = referenceMerge(specs, {
        labelOf: ({ attributes }) => String(attributes?.['app.tier'] ?? NO_VALUE),
        joinsEqual: true,
      });
      const found = new Map(pathsOf(tree).map((path, node) => [path, node]));
      expect([...found.keys()].sort(), `seed ${seed}`).toEqual([...paths.keys()].sort());
      for (const [path, wanted] of paths) {
        const node = found.get(path) ?? -1;
        const why = `seed ${seed}, ${path}`;
        expect(tree.totalNs[node], why).toBe(wanted.totalNs);
        expect(tree.selfNs[node], why).toBe(wanted.selfNs);
        expect(tree.attributedNs[node], why).toBeCloseTo(wanted.attributedNs, 4);
        expect(tree.count[node], why).toBe(wanted.count);
        expect(tree.traces[node], why).toBe(wanted.traces.size);
      }
      expect(rootSum(tree), `seed ${seed}`).toBeCloseTo(busyNs, 3);
      // An inferred parent counts as one of its box, and is no span.
      expect(sumOf(tree.count)).toBeGreaterThanOrEqual(specs.length);
      checkInside(tree, `seed ${seed}`);
    }
  });

  it('reads attributes of the art', () => {
    expect(specsFromArt('a 0-1 k=v !')[0]).toMatchObject({ attributes: { k: 'v' }, status: 2 });
  });
});

function pathsOf(tree: MergedTree): string[] {
  const paths: string[] = [];
  for (let node = 0; node < tree.nodeCount; node++) {
    const kind = tree.kind[node];
    const label =
      kind === MERGED_KIND.notReceived
        ? NOT_RECEIVED
        : kind === MERGED_KIND.noValue
          ? NO_VALUE
          : tree.strings[tree.nameStr[node]];
    const above = tree.parent[node];
    paths.push(above === -1 ? label : `${paths[above]}${STEP}${label}`);
  }
  return paths;
}
