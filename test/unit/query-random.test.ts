import { describe, expect, it } from 'vitest';
import type { Expression, QueryTarget } from '../../electron/engine/query/ast.ts';
import { compile } from '../../electron/engine/query/compile.ts';
import { LogMatcher, SpanMatcher } from '../../electron/engine/query/match.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import type { CompiledQuery } from '../../electron/engine/query/plan.ts';
import { TraceMatcher } from '../../electron/engine/query/trace-match.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { randomLogs, randomQuery, randomSpans } from '../support/query-random.ts';
import { Reference } from '../support/query-reference/evaluate.ts';
import { ReferenceData } from '../support/query-reference/items.ts';
import { decodedLogs, decodedSpans, matchingTraces, scanAll } from '../support/query-store.ts';
import { openStore, takeGood } from '../support/store-bodies.ts';

interface Asked {
  readonly text: string;
  readonly root: Expression | null;
  readonly query: CompiledQuery;
  readonly services: readonly string[];
  readonly notServices: readonly string[];
}

function ask(random: Random, target: QueryTarget & ('traces' | 'spans' | 'logs')): Asked {
  const text = randomQuery(random, target);
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  const services = random.chance(0.1) ? ['web', 'api'] : [];
  const notServices = random.chance(0.1) ? ['api'] : [];
  const compiled = compile({ text, services, notServices }, target, RE2);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.error.message}`);
  return { text, root: parsed.query.root, query: compiled.query, services, notServices };
}

function isShown({ services, notServices }: Asked): (service: string) => boolean {
  return (service) =>
    (services.length === 0 || services.includes(service)) && !notServices.includes(service);
}

function fill(random: Random, store: Store, round: number, padding: number): void {
  const isSpans = random.chance(0.6);
  const body = (isSpans ? randomSpans : randomLogs)(random, 1 + round * 2, padding);
  takeGood(store, isSpans ? 'traces' : 'logs', body);
}

/** Matchers that live as long as the store does, as those of a live list. */
interface Live {
  readonly asked: Asked;
  readonly matcher: TraceMatcher;
}

/** Returns how many verdicts were a match. */
function compareAll(store: Store, random: Random, live: readonly Live[], where: string): number {
  const spans = decodedSpans(store);
  const logs = decodedLogs(store);
  const data = new ReferenceData([...spans.values()]);
  const reference = new Reference(data);
  let matches = 0;
  const compareItems = (target: 'spans' | 'logs'): void => {
    const asked = ask(random, target);
    const items = target === 'spans' ? spans : logs;
    const shown = isShown(asked);
    const expected = [...items]
      .filter(([, item]) => shown(item.service) && reference.item(asked.root, item))
      .map(([ordinal]) => ordinal);
    const matcher =
      target === 'spans' ? new SpanMatcher(store, asked.query) : new LogMatcher(store, asked.query);
    const found = scanAll(matcher, store[target]);
    expect(found, `${where}, ${target}: ${asked.text}`).toEqual(expected);
    matches += found.length;
  };
  compareItems('spans');
  compareItems('logs');
  const asked = ask(random, 'traces');
  for (const { asked: each, matcher } of [
    ...live,
    { asked, matcher: new TraceMatcher(store, asked.query) },
  ]) {
    const { rows, length } = store.traces.inOrder();
    const expected = [...rows.slice(0, length)]
      .reverse()
      .map((row) => store.traces.get(row).traceId)
      .filter((traceId) => reference.trace(each.root, traceId, isShown(each)));
    const found = matchingTraces(store, matcher);
    expect(found, `${where}, traces: ${each.text}`).toEqual(expected);
    matches += found.length;
  }
  return matches;
}

function play(seed: number, rounds: number, padding: number, compareEach: number): Store {
  const random = seededRandom(seed);
  const { store } = openStore(4 << 20);
  const live: Live[] = [];
  let matches = 0;
  for (let round = 0; round < rounds; round++) {
    fill(random, store, Math.floor(round / 4), padding);
    if (round % compareEach !== compareEach - 1) continue;
    if (live.length < 4) {
      const asked = ask(random, 'traces');
      live.push({ asked, matcher: new TraceMatcher(store, asked.query) });
    }
    matches += compareAll(store, random, live, `seed ${seed}, round ${round}`);
  }
  expect(matches, `seed ${seed}`).toBeGreaterThan(0);
  return store;
}

describe('the executor agrees with the reference evaluator', () => {
  it('on random queries about random telemetry that all fits', () => {
    for (let seed = 1; seed <= 10; seed++) play(seed, 40, 10, 2);
  });

  it('while the oldest are evicted', () => {
    for (let seed = 101; seed <= 103; seed++) {
      const store = play(seed, 500, 4000, 60);
      expect(store.spans.begin, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
