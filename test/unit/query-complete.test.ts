import { describe, expect, it } from 'vitest';
import { Completer } from '../../electron/engine/query/complete.ts';
import { contextAt } from '../../electron/engine/query/complete-context.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import type { QueryTarget } from '../../electron/engine/query/ast.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import type { Completion } from '../../proto/query/completion.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { seeded, spanBody } from '../support/span-bodies.ts';
import { logsBody, openStore, spanBytes, takeGood, traceBytes } from '../support/store-bodies.ts';
import { oddText } from '../support/query-trees.ts';

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const int = (key: string, value: number): object => ({ key, value: { intValue: value } });

function body(): Uint8Array {
  const span = (id: number, more: object): object => ({
    traceId: traceBytes(1),
    spanId: spanBytes(id),
    startTimeUnixNano: 1_700_000_000_000_000_000n,
    endTimeUnixNano: 1_700_000_000_000_000_010n,
    ...more,
  });
  return encodeRequest('traces', {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'checkout'), text('host.name', 'h 1')] },
        scopeSpans: [
          {
            scope: { name: 'lib', attributes: [text('scope.key', 'x')] },
            spans: [
              span(1, {
                name: 'GET /cart',
                kind: 2,
                attributes: [text('http.route', '/cart'), int('http.response.status_code', 200)],
              }),
              span(2, {
                name: 'SELECT',
                kind: 3,
                parentSpanId: spanBytes(1),
                status: { code: 2 },
                attributes: [
                  text('http.route', '/cart'),
                  text('code', '200'),
                  { key: 'a', value: { kvlistValue: { values: [text('b', 'c')] } } },
                ],
              }),
              span(3, {
                name: 'SELECT',
                kind: 3,
                parentSpanId: spanBytes(1),
                attributes: [text('http.method', 'GET'), text('host.name', 'own')],
                events: [{ name: 'exception', attributes: [text('exception.type', 'E')] }],
                links: [
                  { traceId: traceBytes(2), spanId: spanBytes(9), attributes: [text('why', 'w')] },
                ],
              }),
            ],
          },
        ],
      },
    ],
  });
}

function filled(): Store {
  const { store } = openStore();
  takeGood(store, 'traces', body());
  takeGood(
    store,
    'logs',
    logsBody([
      { text: 'one', severity: 17, service: 'cart' },
      { text: 'two', severity: 9, service: 'cart' },
    ]),
  );
  return store;
}

const clock = { nowMs: () => 0, ticksMs: () => 0 };

/** `|` in the query is the cursor. */
function ask(
  store: Store,
  query: string,
  target: QueryTarget = 'traces',
  completer = new Completer(store, clock),
): Completion {
  const cursor = query.indexOf('|');
  const task = completer.begin(query.replace('|', ''), cursor, target);
  while (!task.step());
  return task.answer();
}

function labels(completion: Completion): string[] {
  return completion.items.map(({ label, count }) =>
    count === null ? label : `${label} ×${count}`,
  );
}

describe('completion of fields', () => {
  it('offers the keys that were received, with types and counts', () => {
    const { items, sampled } = ask(filled(), 'http|');
    expect(items.map(({ label, insert, detail, count }) => [label, insert, detail, count])).toEqual(
      [
        ['http.route', 'http.route:', 'string', 2],
        ['http.response.status_code', 'http.response.status_code:', 'int', 1],
        ['http.method', 'http.method:', 'string', 1],
      ],
    );
    expect(sampled).toBe(false);
  });

  it('says how many values a key has, with the most frequent of them', () => {
    const values = ask(filled(), 'http|').items.map((item) => item.values);
    expect(values).toEqual([
      { distinct: 1, hasMore: false, examples: ['/cart'] },
      { distinct: 1, hasMore: false, examples: ['200'] },
      { distinct: 1, hasMore: false, examples: ['GET'] },
    ]);
    expect(ask(filled(), 'duration|').items[0]?.values).toBeUndefined();
  });

  it('tells 100 values of a key apart, and says that there are more', () => {
    const { store } = openStore();
    const logRecords = Array.from({ length: 120 }, (_, i) => ({
      attributes: [int('number', i % 105)],
    }));
    const body = encodeRequest('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    takeGood(store, 'logs', body);
    const [item] = ask(store, 'num|', 'logs').items;
    expect(item).toMatchObject({ count: 120, values: { distinct: 100, hasMore: true } });
    expect(item?.values?.examples).toHaveLength(3);
  });

  it('offers intrinsics and fields of the trace with their usual operator', () => {
    const { items } = ask(filled(), 'dur|');
    expect(items.map(({ insert }) => insert)).toEqual(['duration>', 'trace.duration>']);
  });

  it('pins what only a pin finds', () => {
    expect(labels(ask(filled(), 'why|'))).toEqual(['link.why ×1']);
    expect(labels(ask(filled(), 'exception|'))).toEqual(['event.exception.type ×1']);
    expect(labels(ask(filled(), 'host|'))).toEqual(['host.name ×1', 'resource.host.name ×1']);
    expect(labels(ask(filled(), 'service.n|'))).toEqual(['service.name ×1']);
    expect(labels(ask(filled(), 'scope.key|')).slice(0, 1)).toEqual(['scope.scope.key ×1']);
  });

  it('offers nested keys by their dotted path', () => {
    expect(labels(ask(filled(), 'a.|'))).toEqual(['a.b ×1']);
  });

  it('offers operators behind a whole field', () => {
    const { items, from, to } = ask(filled(), 'x duration|');
    expect(items.filter(({ kind }) => kind === 'operator').map(({ insert }) => insert)).toEqual(
      [':', '!=', '<', '<=', '>', '>='].map((op) => `duration${op}`),
    );
    expect([from, to]).toEqual([2, 10]);
    expect(ask(filled(), 'http.route|').items.map(({ label }) => label)).toContain('~');
  });

  it('offers fields without an operator behind has:', () => {
    expect(ask(filled(), 'has:http.r|').items.map(({ insert }) => insert)).toEqual([
      'http.route',
      'http.response.status_code',
    ]);
  });

  it('replaces the whole word that the cursor is in', () => {
    expect(ask(filled(), 'a http|xyz b')).toMatchObject({ from: 2, to: 9 });
  });

  it('offers and, or and structure where they can stand', () => {
    const kinds = (query: string): string[] =>
      ask(filled(), query)
        .items.filter(({ kind }) => kind === 'keyword' || kind === 'operator')
        .map(({ label }) => label);
    expect(kinds('|')).toEqual(['not', 'has:']);
    expect(kinds('status:error |')).toEqual(['and', 'or', 'not', 'has:']);
    expect(kinds('{ status:error } |')).toEqual(['>', '>>', 'and', 'or', 'not', 'has:']);
  });

  it('offers the fields of log records and metrics for these', () => {
    expect(labels(ask(filled(), 'lev|', 'logs'))).toEqual(['level']);
    expect(labels(ask(filled(), 'lev|', 'traces'))).toEqual([]);
    expect(labels(ask(filled(), 'dur|', 'metrics'))).toEqual([]);
  });
});

describe('completion of values', () => {
  it('counts values of columns', () => {
    expect(labels(ask(filled(), 'name:|'))).toEqual(['SELECT ×2', 'GET /cart ×1']);
    expect(ask(filled(), 'name:GE|').items[0]?.insert).toBe('"GET /cart"');
    expect(labels(ask(filled(), 'root:|'))).toEqual(['GET /cart ×1']);
    expect(labels(ask(filled(), 'scope:|'))).toEqual(['lib ×3']);
    expect(labels(ask(filled(), 'service:|'))).toEqual(['checkout ×3', 'cart ×0']);
    expect(labels(ask(filled(), 'status:e|'))).toEqual(['error ×1', 'unset ×2']);
    expect(labels(ask(filled(), 'level>=|', 'logs')).slice(0, 2)).toEqual(['info ×1', 'error ×1']);
  });

  it('counts values of attributes under all their names', () => {
    expect(labels(ask(filled(), 'http.route:|'))).toEqual(['/cart ×2']);
    expect(labels(ask(filled(), 'http.request.method:|'))).toEqual(['GET ×1']);
    expect(labels(ask(filled(), 'host.name:|'))).toEqual(['h 1 ×1', 'own ×1']);
    expect(labels(ask(filled(), 'resource.host.name:|'))).toEqual(['h 1 ×1']);
    expect(labels(ask(filled(), 'span.host.name:|'))).toEqual(['own ×1']);
    expect(labels(ask(filled(), 'a.b:|'))).toEqual(['c ×1']);
    expect(labels(ask(filled(), 'event:|'))).toEqual(['exception ×1']);
    expect(labels(ask(filled(), 'event.name:|'))).toEqual(['exception ×1']);
    expect(labels(ask(filled(), 'event.exception.type:|'))).toEqual(['E ×1']);
    expect(labels(ask(filled(), 'link.why:|'))).toEqual(['w ×1']);
  });

  it('quotes a text that looks like a number and no number', () => {
    expect(ask(filled(), 'code:|').items[0]?.insert).toBe('"200"');
    expect(ask(filled(), 'http.response.status_code:|').items[0]?.insert).toBe('200');
  });

  it('goes on in a list, behind a space and in an open quote', () => {
    expect(labels(ask(filled(), 'status:error,|'))).toContain('ok ×0');
    expect(labels(ask(filled(), 'name = |'))).toEqual(['SELECT ×2', 'GET /cart ×1']);
    expect(ask(filled(), 'name:"GET |')).toMatchObject({
      from: 5,
      to: 10,
      items: [{ insert: '"GET /cart"' }],
    });
  });

  it('offers units behind a number', () => {
    expect(ask(filled(), 'duration>15|').items.map(({ insert }) => insert)).toEqual([
      '15ns',
      '15us',
      '15ms',
      '15s',
      '15m',
      '15h',
    ]);
    expect(ask(filled(), 'duration>15m|').items.map(({ insert }) => insert)).toEqual(['15ms']);
    expect(ask(filled(), 'http.request.body.size>1Ki|').items.map(({ insert }) => insert)).toEqual([
      '1KiB',
    ]);
  });

  it('learns from new rows and forgets what is gone', () => {
    const store = filled();
    const completer = new Completer(store, clock);
    expect(labels(ask(store, 'http.route:|', 'traces', completer))).toEqual(['/cart ×2']);
    takeGood(store, 'traces', spanBody(64, 1).bytes);
    expect(labels(ask(store, 'http.request.method:|', 'traces', completer))[0]).toMatch(/^GET ×/);
    expect(labels(ask(store, 'name:|', 'traces', completer))).toContain('render ×12');
    store.clear('traces');
    expect(labels(ask(store, 'http.route:|', 'traces', completer))).toEqual([]);
    expect(labels(ask(store, 'name:|', 'traces', completer))).toEqual([]);
  });

  it('says when it read a part only', () => {
    const { store } = openStore();
    for (let i = 0; i < 20; i++) {
      const { bytes, freshen } = spanBody(512, 1);
      freshen();
      takeGood(store, 'traces', bytes);
    }
    expect(ask(store, 'user.id:|').sampled).toBe(true);
    expect(ask(store, 'us|').sampled).toBe(true);
    expect(ask(store, 'name:|').sampled).toBe(false);
  });

  it('stops reading when its time is spent, and goes on with the next question', () => {
    const { store } = openStore();
    for (let i = 0; i < 20; i++) {
      const { bytes, freshen } = spanBody(512, 1);
      freshen();
      takeGood(store, 'traces', bytes);
    }
    let ms = 0;
    const completer = new Completer(store, { nowMs: () => 0, ticksMs: () => (ms += 1) });
    const first = ask(store, 'name:|', 'traces', completer);
    expect(first.sampled).toBe(true);
    expect(ask(store, 'name:|', 'traces', completer).sampled).toBe(false);
  });
});

describe('what completion offers', () => {
  const QUERIES = [
    '|',
    'x |',
    'has:|',
    'duration|',
    'name|',
    'http.route|',
    'trace.spans|',
    'start|',
    'level|',
    'kind:|',
    'level>|',
    'duration>1|',
    'a>1|',
    'name:|',
    'http.route:|',
    'code:|',
    '{ a } |',
    '-|',
    '(|',
  ];

  it.each(QUERIES)('is a query or the beginning of one at %s', (query) => {
    for (const target of ['traces', 'logs'] as const) {
      const { from, to, items } = ask(filled(), query, target);
      const whole = query.replace('|', '');
      for (const { insert } of items) {
        const made = whole.slice(0, from) + insert + whole.slice(to);
        const result = parseQuery(made);
        const end = made.trimEnd().length;
        // What a person still has to write is missing at the end, or a bracket is open.
        const isUnfinished =
          !result.ok && (result.error.to >= end || /^Close this/.test(result.error.message));
        expect(result.ok || isUnfinished, made).toBe(true);
      }
    }
  });

  it('stands any text and any cursor', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 3_000; i++) {
      const query = Array.from({ length: 3 }, () => oddText(random)).join(' ');
      const cursor = Math.floor(random() * (query.length + 1));
      const { from, to } = contextAt(query, cursor);
      expect(
        from <= cursor && cursor <= to && to <= query.length,
        `seed ${seed}: ${JSON.stringify(query)} ${cursor}`,
      ).toBe(true);
    }
  });
});
