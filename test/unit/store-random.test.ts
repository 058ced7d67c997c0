import { describe, expect, it } from 'vitest';
import { protoType } from '../support/otlp/proto-root.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { NaiveStore } from '../support/naive-store.ts';
import {
  logsBody,
  openStore,
  spanMessage,
  spansBody,
  takeGood,
  type LogSpec,
  type SpanSpec,
} from '../support/store-bodies.ts';
import { checkStore, printTraces } from '../support/store-text.ts';

const spanType = protoType('opentelemetry.proto.trace.v1.Span');

function sizeOf(spec: SpanSpec): number {
  return spanType.encode(spanType.fromObject(spanMessage(spec))).finish().length;
}

/** Spans of a few live traces: late parents, repeats of recent spans, snapshots, odd times. */
function randomSpans(
  random: Random,
  round: number,
  recent: SpanSpec[],
  padding: number,
): SpanSpec[] {
  return Array.from({ length: 1 + random.below(40) }, () => {
    if (recent.length > 0 && random.chance(0.15)) {
      const again = random.pick(recent);
      return random.chance(0.4)
        ? again
        : { ...again, end: (again.start ?? 0) + random.below(100), kind: 1 + random.below(4) };
    }
    const start = 1 + random.below(1000);
    const spec: SpanSpec = {
      trace: 1 + round * 2 + random.below(6),
      id: 1 + random.below(400),
      parent: random.chance(0.2) ? 0 : 1 + random.below(400),
      name: `op ${random.below(30)}`,
      kind: random.below(6),
      status: random.below(3),
      start,
      end: random.chance(0.05) ? Math.max(1, start - 5) : start + random.below(500),
      service: random.pick(['web', 'api', 'db', `pod-${round}`]),
      scope: random.pick(['lib', 'http']),
      padding: random.below(padding),
    };
    recent.push(spec);
    if (recent.length > 30) recent.shift();
    return spec;
  });
}

function randomLogs(random: Random, round: number, padding: number): LogSpec[] {
  return Array.from({ length: 1 + random.below(30) }, () => ({
    ...(random.chance(0.7) ? { trace: 1 + round * 2 + random.below(6) } : {}),
    ...(random.chance(0.5) ? { span: 1 + random.below(400) } : {}),
    severity: random.below(25),
    time: random.below(1000),
    padding: random.below(padding),
  }));
}

/** Returns how many spans and log records were evicted. */
function playRandomly(seed: number, rounds: number, padding: number, compareEach: number): number {
  const random = seededRandom(seed);
  const { store } = openStore(4 << 20);
  const naive = new NaiveStore();
  const recent: SpanSpec[] = [];
  let evictedSpans = 0;
  let evictedLogs = 0;
  for (let round = 0; round < rounds; round++) {
    if (random.chance(0.6)) {
      const specs = randomSpans(random, round, recent, padding);
      takeGood(store, 'traces', spansBody(specs));
      naive.takeSpans(specs, sizeOf);
    } else {
      const specs = randomLogs(random, round, padding);
      takeGood(store, 'logs', logsBody(specs));
      naive.takeLogs(specs);
    }
    const counters = store.counters();
    naive.evict(counters.spans.evicted - evictedSpans, counters.logRecords.evicted - evictedLogs);
    evictedSpans = counters.spans.evicted;
    evictedLogs = counters.logRecords.evicted;
    if (round % compareEach !== 0 && round !== rounds - 1) continue;
    checkStore(store);
    expect(printTraces(store), `seed ${seed}, round ${round}`).toEqual(naive.print());
    expect(counters.spans.duplicates, `seed ${seed}, round ${round}`).toBe(naive.duplicates);
  }
  return evictedSpans + evictedLogs;
}

describe('the store agrees with a naive one', () => {
  it('on random spans and log records that all fit', () => {
    for (let seed = 1; seed <= 12; seed++) playRandomly(seed, 60, 10, 7);
  });

  it('while the oldest are evicted', () => {
    for (let seed = 101; seed <= 104; seed++) {
      expect(playRandomly(seed, 700, 1500, 50)).toBeGreaterThan(1000);
    }
  });
});
