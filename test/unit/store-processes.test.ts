import { describe, expect, test } from 'vitest';
import { Processes, REGRET_MS, type ProcessFacts } from '../../electron/engine/store/processes.ts';

/** Says what a resource tells: `i` instance, `p` pid, `h` host, `c` container, `t` creation in s. */
function factsOf(text: string, service = 'checkout'): ProcessFacts {
  const of = (key: string): string => new RegExp(`\\b${key}(\\S+)`).exec(text)?.[1] ?? '';
  const created = of('t');
  return {
    service,
    namespace: of('n'),
    instance: of('i'),
    host: of('h'),
    container: of('c'),
    pid: of('p'),
    createdAt: created === '' ? '' : new Date(Number(created) * 1000).toISOString(),
  };
}

/** Items by second of arrival; then what is said by when, each as "second: news". */
interface Case {
  readonly name: string;
  readonly items: readonly (readonly [second: number, process: string, service?: string])[];
  readonly news: readonly string[];
  readonly untilSecond?: number;
}

function run({ items, untilSecond = 200 }: Case): string[] {
  const processes = new Processes();
  const news: string[] = [];
  for (let second = 0; second <= untilSecond; second++) {
    for (const [at, text, service] of items) {
      if (at !== second) continue;
      const process = processes.of(factsOf(text, service));
      if (process !== undefined) processes.seen(process, second * 1000);
    }
    for (const { type, restart } of processes.settle(second * 1000)) {
      const at = restart.timeMs / 1000;
      news.push(`${second}: ${restart.service} ${restart.instance} at ${at} ${type}`);
    }
  }
  return news;
}

/** Items of a process every second of [from, to]. */
const every = (from: number, to: number, process: string): [number, string][] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, process]);

const CASES: readonly Case[] = [
  { name: 'the first process of a service is no restart', items: every(0, 9, 'p1'), news: [] },
  {
    name: 'a process of another id after one that fell silent is one, at its first items',
    items: [...every(0, 9, 'hmac p1'), ...every(12, 40, 'hmac p2')],
    news: ['20: checkout pid 2 at 12 happened'],
  },
  {
    name: 'a new instance id is one',
    items: [...every(0, 9, 'ia'), ...every(12, 40, 'ib')],
    news: ['20: checkout b at 12 happened'],
  },
  {
    name: 'a new host or container of the same process id is one',
    items: [...every(0, 9, 'p1 hone cx'), ...every(12, 40, 'p1 htwo cy')],
    news: ['20: checkout pid 1 at 12 happened'],
  },
  {
    name: 'a creation time that is newer is one, and says when',
    items: [...every(0, 9, 'p1 h t0'), ...every(14, 40, 'p1 h t11')],
    news: ['22: checkout pid 1 at 11 happened'],
  },
  {
    name: 'a creation time before the last words of the old one is not believed',
    items: [...every(0, 9, 'p1 t0'), ...every(14, 40, 'p2 t5')],
    news: ['22: checkout pid 2 at 14 happened'],
  },
  {
    name: 'the last words of the old process do not count',
    items: [...every(0, 13, 'p1'), ...every(12, 40, 'p2')],
    news: ['20: checkout pid 2 at 12 happened'],
  },
  {
    name: 'workers that run side by side are none',
    items: [...every(0, 60, 'p1'), ...every(1, 60, 'p2'), ...every(2, 60, 'p3')],
    news: [],
  },
  {
    name: 'all workers taking the place of all others are one restart',
    items: [
      ...[1, 2, 3].flatMap((pid) => every(pid, 60, `p${pid}`)),
      ...[4, 5, 6].flatMap((pid) => every(60 + pid, 199, `p${pid}`)),
    ],
    news: ['124: checkout pid 4 at 64 happened'],
  },
  {
    name: 'one worker of several that is replaced is none',
    items: [...every(0, 90, 'p1'), ...every(0, 30, 'p2'), ...every(33, 90, 'p3')],
    news: [],
  },
  {
    name: 'an instance that keeps its id is one, while others of the service go on',
    items: [...every(0, 90, 'ia p1'), ...every(1, 30, 'ib p2'), ...every(33, 90, 'ib p3')],
    news: ['41: checkout b at 33 happened'],
  },
  {
    name: 'a crash loop is one restart a wait',
    items: [...every(0, 9, 'p1'), [10, 'p2'], [12, 'p3'], [14, 'p4'], [16, 'p5'], [30, 'p6']],
    news: ['18: checkout pid 2 at 10 happened', '38: checkout pid 6 at 30 happened'],
  },
  {
    name: 'an idle worker that speaks later takes the restart back',
    items: [[0, 'p1'], ...every(3, 40, 'p2'), [30, 'p1']],
    news: ['11: checkout pid 2 at 3 happened', '30: checkout pid 2 at 3 wrong'],
  },
  {
    name: 'workers that were created together are none, however idle',
    items: [[0, 'p1 t0'], ...every(5, 60, 'p2 t1')],
    news: [],
  },
  {
    name: 'an older process that is heard late is none',
    items: [...every(0, 9, 'p2 t50'), ...every(20, 40, 'p1 t10')],
    news: [],
  },
  {
    name: 'a process whose exporters say more and less of it is one process',
    items: [
      [0, 'ia'],
      [1, 'ia p1 hmac'],
      [2, 'p1 hmac'],
      [3, 'hmac'],
      [4, 'ia'],
    ],
    news: [],
  },
  {
    name: 'resources that name no process are none',
    items: [
      [0, ''],
      [5, 'n2'],
    ],
    news: [],
  },
  {
    name: 'programs that nobody named are none',
    items: [...every(0, 9, 'p1'), ...every(12, 40, 'p2')].map(
      ([at, text]) => [at, text, 'unknown_service:node'] as const,
    ),
    news: [],
  },
  {
    name: 'services of other names and namespaces do not replace each other',
    items: [
      [0, 'p1', 'cart'],
      [9, 'p2', 'checkout'],
      [18, 'p3 nshop', 'checkout'],
    ],
    news: [],
  },
];

describe('a restart', () => {
  test.each(CASES)('$name', (one) => {
    expect(run(one)).toEqual(one.news);
  });
});

test('a value that is very long names no process', () => {
  expect(new Processes().of(factsOf(`i${'x'.repeat(301)}`))).toBeUndefined();
  expect(new Processes().of(factsOf('p1', 'x'.repeat(301)))).toBeUndefined();
});

test('what a file holds says nothing of the processes of today', () => {
  const processes = new Processes();
  const seen = (text: string, second: number): void => {
    const process = processes.of(factsOf(text));
    if (process !== undefined) processes.seen(process, second * 1000);
  };
  processes.watching = 'nothing';
  seen('p1', 0);
  seen('p2', 1);
  processes.watching = 'restarts';
  seen('p2', 2);
  expect(processes.isUnsettled).toBe(false);
});

test('a process that a journal named is known, and its successor is a restart', () => {
  const processes = new Processes();
  const seen = (text: string, second: number): void => {
    const process = processes.of(factsOf(text));
    if (process !== undefined) processes.seen(process, second * 1000);
  };
  processes.watching = 'processes';
  seen('p1', 0);
  seen('p2', 5);
  expect(processes.isUnsettled).toBe(false);
  processes.watching = 'restarts';
  seen('p2', 10);
  expect(processes.isUnsettled).toBe(false);
  seen('p3', 20);
  expect(processes.isUnsettled).toBe(true);
});

test('nothing is looked at any more when a restart has stood for long enough', () => {
  const processes = new Processes();
  for (const [pid, second] of [
    [1, 0],
    [2, 20],
  ] as const) {
    const process = processes.of(factsOf(`p${pid}`));
    if (process !== undefined) processes.seen(process, second * 1000);
  }
  expect(processes.settle(28_000)).toHaveLength(1);
  expect(processes.isUnsettled).toBe(true);
  processes.settle(28_000 + REGRET_MS);
  expect(processes.isUnsettled).toBe(false);
});

test('thousands of short processes stay a bounded list', () => {
  const processes = new Processes();
  const heard = new Set<unknown>();
  for (let pid = 0; pid < 5000; pid++) {
    const process = processes.of(factsOf(`p${pid}`));
    if (process !== undefined) processes.seen(process, pid * 1000);
  }
  for (let pid = 0; pid < 5000; pid++) {
    const process = processes.of(factsOf(`p${pid}`));
    if (process !== undefined && process.lastMs > 0) heard.add(process);
  }
  expect(heard.size).toBeLessThanOrEqual(64);
});
