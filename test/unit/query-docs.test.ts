import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { QueryTarget } from '../../electron/engine/query/ast.ts';
import { compile } from '../../electron/engine/query/compile.ts';
import { contextAt } from '../../electron/engine/query/complete-context.ts';
import { ENUM_WORDS, FIELD_NAMES } from '../../electron/engine/query/fields.ts';
import { LogMatcher, SpanMatcher } from '../../electron/engine/query/match.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import { printQuery } from '../../electron/engine/query/print.ts';
import { RENAMED } from '../../electron/engine/query/renamed.ts';
import { UNITS } from '../../electron/engine/query/values.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import { OPERATORS, PINS } from '../../proto/query/words.ts';
import type { Signal } from '../../proto/otlp/signal.ts';
import { decodedLogs, decodedSpans, scanAll, traceIds } from '../support/query-store.ts';
import { openStore, takeGood } from '../support/store-bodies.ts';

const DOC = readFileSync(new URL('../../docs/query.md', import.meta.url), 'utf8');

/** The lines of every fenced block of this kind. */
function fenced(kind: string): string[] {
  const blocks = [...DOC.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return blocks
    .filter((block) => block[1] === kind)
    .flatMap((block) => (block[2] ?? '').trimEnd().split('\n'));
}

const queries = fenced('query');
const matches = fenced('matches').map((line) => {
  const [target = '', query = '', found = ''] = line.split(/ \| ?/);
  return { target: target as QueryTarget, query, found };
});

function printed(text: string): string {
  const result = parseQuery(text);
  return result.ok ? printQuery(result.query.root) : `error: ${result.error.message}`;
}

function telemetry(): Store {
  const { store } = openStore();
  const all = JSON.parse(fenced('telemetry').join('\n')) as Record<Signal, unknown>;
  for (const signal of ['traces', 'logs'] as const) {
    const made = jsonToProto(signal, new TextEncoder().encode(JSON.stringify(all[signal])));
    if (!made.ok) throw new Error(made.message);
    takeGood(store, signal, made.bytes);
  }
  return store;
}

/** Names of what is found, in order of arrival. */
function find(store: Store, target: QueryTarget, text: string): string[] {
  const compiled = compile({ text, services: [], notServices: [] }, target, RE2);
  if (!compiled.ok) throw new Error(compiled.error.message);
  const { query } = compiled;
  const spans = [...decodedSpans(store).values()].map(({ span }) => span);
  if (target === 'traces') {
    const ids = traceIds(store, query);
    return spans
      .filter(({ traceId, parentSpanId }) => parentSpanId === '' && ids.includes(traceId))
      .map(({ name }) => name);
  }
  if (target === 'spans') {
    const found = scanAll(new SpanMatcher(store, query), store.spans);
    return found.map((ordinal) => decodedSpans(store).get(ordinal)?.span.name ?? '');
  }
  const found = scanAll(new LogMatcher(store, query), store.logs);
  return found.map((ordinal) => {
    const value = decodedLogs(store).get(ordinal)?.log.body;
    return value?.type === 'string' ? value.value : '';
  });
}

describe('docs/query.md', () => {
  it.each(queries)('has a canonical query: %s', (query) => {
    expect(printed(query)).toBe(query);
  });

  it.each(fenced('same').map((line) => line.split(' => ')))('prints %s as %s', (query, same) => {
    expect(printed(query ?? '')).toBe(same);
  });

  const store = telemetry();
  it.each(matches.map((one) => [one.target, one.query, one.found] as const))(
    'finds %s by %s: %s',
    (target, query, found) => {
      const expected = found.trim() === '' ? [] : found.trim().split(', ');
      expect(find(store, target, query).sort()).toEqual(expected.sort());
    },
  );

  it('names every field, word, unit, operator, pin and retired name', () => {
    const rows = DOC.split('\n').filter((line) => line.startsWith('|'));
    const named = new Set(rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map((m) => m[1])));
    const all = [
      ...FIELD_NAMES,
      ...Object.values(ENUM_WORDS).flat(),
      ...UNITS.map(({ name }) => name),
      ...OPERATORS,
      ...PINS.map((pin) => `${pin}.`),
      ...RENAMED.flat(),
    ];
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });

  it('reads the queries of its first table', () => {
    const start = DOC.indexOf('## In five minutes');
    const rows = DOC.slice(start, DOC.indexOf('## Grammar')).split('\n');
    const found = rows
      .filter((row) => row.startsWith('| ') && row.includes('`'))
      .flatMap((row) =>
        [...row.matchAll(/`([^`]+)`/g)].map((m) => (m[1] ?? '').replace('\\|', '|')),
      );
    expect(found.length).toBeGreaterThan(10);
    expect(found.map(printed).filter((text) => text.startsWith('error'))).toEqual([]);
  });

  it.each([...queries, ...matches.map(({ query }) => query)])(
    'can be typed letter by letter: %s',
    (query) => {
      for (let at = 0; at <= query.length; at++) {
        const typed = query.slice(0, at);
        const { from, to } = contextAt(typed, at);
        expect(from <= at && to === at, typed).toBe(true);
        const result = parseQuery(typed);
        if (result.ok) continue;
        // What is missing is still to be typed: at the end, or the bracket that closes.
        const isAtEnd = result.error.to >= typed.trimEnd().length;
        expect(isAtEnd || result.error.message.startsWith('Close this'), typed).toBe(true);
      }
    },
  );
});
