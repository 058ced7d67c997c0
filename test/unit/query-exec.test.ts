import { describe, expect, it } from 'vitest';
import { compile } from '../../electron/engine/query/compile.ts';
import { LogMatcher, SpanMatcher } from '../../electron/engine/query/match.ts';
import type { QueryTarget } from '../../electron/engine/query/ast.ts';
import type { CompiledQuery } from '../../electron/engine/query/plan.ts';
import { TraceMatcher } from '../../electron/engine/query/trace-match.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { matchingTraces, scanAll, traceIds } from '../support/query-store.ts';
import {
  openStore,
  spanMessage,
  spansBody,
  takeGood,
  traceHex,
  type SpanSpec,
} from '../support/store-bodies.ts';

function queryOf(text: string, target: QueryTarget): CompiledQuery {
  const compiled = compile({ text, services: [], notServices: [] }, target, RE2);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.query;
}

function storeOf(...bodies: (readonly SpanSpec[])[]): Store {
  const { store } = openStore();
  for (const specs of bodies) takeGood(store, 'traces', spansBody(specs));
  return store;
}

/** Ordinals of spans that match. */
function spans(store: Store, text: string): number[] {
  return scanAll(new SpanMatcher(store, queryOf(text, 'spans')), store.spans);
}

/** A store with one span that has these attributes. */
function withAttributes(attributes: readonly object[]): Store {
  const { store } = openStore();
  const span = { ...spanMessage({ trace: 1, id: 1 }), attributes };
  const resource = { attributes: [] };
  takeGood(
    store,
    'traces',
    encodeRequest('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  );
  return store;
}

describe('a trace search', () => {
  it('finds a trace once a span that was missing arrives', () => {
    const store = storeOf([{ trace: 1, id: 2, parent: 1, name: 'b' }]);
    const matcher = new TraceMatcher(store, queryOf('{ name:a } > { name:b }', 'traces'));
    expect(matchingTraces(store, matcher)).toEqual([]);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, name: 'a' }]));
    expect(matchingTraces(store, matcher)).toEqual([traceHex(1)]);
  });

  it('loses a trace that gets a span it must not have', () => {
    const store = storeOf([{ trace: 1, id: 1, name: 'a' }]);
    const matcher = new TraceMatcher(store, queryOf('name:a -name:health', 'traces'));
    expect(matchingTraces(store, matcher)).toEqual([traceHex(1)]);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 2, name: 'health' }]));
    expect(matchingTraces(store, matcher)).toEqual([]);
  });

  it('loses a trace whose only match is replaced by a later snapshot', () => {
    const store = storeOf([{ trace: 1, id: 1, name: 'a', status: 2, end: 10 }]);
    const matcher = new TraceMatcher(store, queryOf('status:error', 'traces'));
    expect(matchingTraces(store, matcher)).toEqual([traceHex(1)]);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 1, name: 'a', status: 1, end: 20 }]));
    expect(matchingTraces(store, matcher)).toEqual([]);
  });

  it('follows facts of a trace that change', () => {
    const store = storeOf([{ trace: 1, id: 1, end: 100 }]);
    const matcher = new TraceMatcher(store, queryOf('trace.spans>1 root:late', 'traces'));
    expect(matchingTraces(store, matcher)).toEqual([]);
    takeGood(store, 'traces', spansBody([{ trace: 1, id: 2, name: 'late', start: -5 }]));
    expect(matchingTraces(store, matcher)).toEqual([traceHex(1)]);
  });

  it('ends on spans that are each other’s parents', () => {
    const store = storeOf([
      { trace: 1, id: 1, parent: 2, name: 'a' },
      { trace: 1, id: 2, parent: 1, name: 'b' },
      { trace: 2, id: 3, parent: 3, name: 'a' },
    ]);
    expect(traceIds(store, queryOf('{ name:zzz } >> { name:a }', 'traces'))).toEqual([]);
    expect(traceIds(store, queryOf('{ name:a } > { name:a }', 'traces'))).toEqual([]);
    expect(traceIds(store, queryOf('{ name:b } >> { name:a }', 'traces'))).toEqual([traceHex(1)]);
  });
});

describe('numbers', () => {
  it('are compared exactly, int with double', () => {
    const store = withAttributes([{ key: 'n', value: { intValue: 9007199254740993n } }]);
    expect(spans(store, 'n=9007199254740993')).toEqual([0]);
    expect(spans(store, 'n=9007199254740992')).toEqual([]);
    expect(spans(store, 'n>9007199254740992.0')).toEqual([0]);
  });

  it('that are durations have the unit that the end of the key says', () => {
    const store = withAttributes([
      { key: 'wait_ms', value: { intValue: 1500 } },
      { key: 'wait.seconds', value: { doubleValue: 0.1 } },
      { key: 'wait', value: { intValue: 1500 } },
    ]);
    expect(spans(store, 'wait_ms:1.5s wait.seconds:100ms wait:1.5us')).toEqual([0]);
  });
});

describe('texts', () => {
  it('are found in values, not in keys or across two values', () => {
    const store = withAttributes([
      { key: 'secret', value: { stringValue: 'one' } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'In Lists' }] } } },
    ]);
    expect(spans(store, 'secret')).toEqual([]);
    expect(spans(store, 'lists')).toEqual([0]);
  });

  it('of 32 hex digits are trace ids, too', () => {
    expect(spans(storeOf([{ trace: 7, id: 1 }]), traceHex(7).toUpperCase())).toEqual([0]);
  });
});

describe('interned rows', () => {
  it('are judged again when they are used for something else', () => {
    const { store } = openStore(4 << 20);
    const matcher = new SpanMatcher(store, queryOf('name:*7 service:svc-*7', 'spans'));
    for (let round = 0; round < 400; round++) {
      const number = `${round % 10}`;
      const specs = Array.from({ length: 40 }, (_, i) => ({
        trace: round + 1,
        id: i + 1,
        name: `op ${round}-${number}`,
        service: `svc-${round}-${number}`,
        padding: 1500,
      }));
      takeGood(store, 'traces', spansBody(specs));
      const found: number[] = [];
      matcher.scan(store.spans.end - 40, store.spans.end, (ordinal) => found.push(ordinal));
      expect(found.length, `round ${round}`).toBe(number === '7' ? 40 : 0);
    }
    expect(store.spans.begin).toBeGreaterThan(0);
  });
});

describe('hostile queries', () => {
  it('with a pattern that backtracks for ever elsewhere end', () => {
    const store = withAttributes([{ key: 'a', value: { stringValue: 'a'.repeat(50_000) } }]);
    expect(spans(store, 'a~"(a+)+$"')).toEqual([0]);
    expect(spans(store, 'a~"(a|a)*b"')).toEqual([]);
  });

  it('with a thousand values look each up by its hash', () => {
    const store = withAttributes([{ key: 'a', value: { stringValue: 'v999' } }]);
    const values = Array.from({ length: 1000 }, (_, i) => `v${i}`).join(',');
    expect(spans(store, `a:${values}`)).toEqual([0]);
    expect(spans(store, `a!=${values}`)).toEqual([]);
  });

  it('take smaller steps the more they ask', () => {
    const clauses = Array.from({ length: 900 }, (_, i) => `k${i}:1`).join(' or ');
    const { store } = openStore();
    expect(new SpanMatcher(store, queryOf(clauses, 'spans')).itemsPerStep).toBeLessThan(10);
    expect(new LogMatcher(store, queryOf('level:error', 'logs')).itemsPerStep).toBe(4096);
  });
});

describe('a deep trace', () => {
  it('is walked once for all its spans', () => {
    const depth = 20_000;
    const store = storeOf(
      Array.from({ length: depth }, (_, i) => ({
        trace: 1,
        id: depth - i,
        ...(i === depth - 1 ? { name: 'top' } : { parent: depth - i - 1, name: 'below' }),
      })),
    );
    expect(spans(store, '{ name:top } >> { name:below }')).toHaveLength(depth - 1);
    expect(spans(store, '{ name:nothing } >> { name:below }')).toHaveLength(0);
    expect(traceIds(store, queryOf('{ name:top } >> { name:below }', 'traces'))).toHaveLength(1);
  });
});
