import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace, type Served, type Workspace } from '../support/serve-inline.ts';
import { post } from '../support/send.ts';

let workspace: Workspace;
let served: Served;

const START = 1_700_000_000_000_000_000n;

function span(
  trace: number,
  id: number,
  parent: number,
  name: string,
  ms: number,
  over = {},
): object {
  return {
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: id.toString(16).padStart(16, '0'),
    ...(parent > 0 && { parentSpanId: parent.toString(16).padStart(16, '0') }),
    name,
    kind: 2,
    startTimeUnixNano: String(START),
    endTimeUnixNano: String(START + BigInt(ms) * 1_000_000n),
    ...over,
  };
}

const resource = (service: string): object => ({
  attributes: [{ key: 'service.name', value: { stringValue: service } }],
});

beforeAll(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
  const port = Number(new URL(served.instance.otlpHttp).port);
  await post(port, '/v1/traces', {
    resourceSpans: [
      {
        resource: resource('web'),
        scopeSpans: [
          {
            spans: [
              span(1, 1, 0, 'GET /cart', 120),
              span(2, 3, 0, 'GET /pay', 900, { status: { code: 2 } }),
              span(3, 5, 0, 'evil \u001b[31m\nname', 5),
            ],
          },
        ],
      },
      { resource: resource('db'), scopeSpans: [{ spans: [span(2, 4, 3, 'select', 300)] }] },
    ],
  });
  await post(port, '/v1/logs', {
    resourceLogs: [
      {
        resource: resource('web'),
        scopeLogs: [
          {
            logRecords: [
              { timeUnixNano: String(START), severityNumber: 9, body: { stringValue: 'hello' } },
              { timeUnixNano: String(START), severityNumber: 17, body: { stringValue: 'refused' } },
            ],
          },
        ],
      },
    ],
  });
});
afterAll(() => workspace.close());

const titles = (out: string): string[] => out.split('\n', 1)[0].split(/ {2,}/);

describe('flametail query', () => {
  it('prints the traces that match as a table, newest first', async () => {
    const { exitCode, out, err } = await workspace.run('query', 'service:web duration>100ms');
    expect(exitCode).toBe(0);
    expect(titles(out)).toEqual([
      'started',
      'service',
      'root span',
      'spans',
      'errors',
      'duration',
      'trace',
    ]);
    const rows = out.trim().split('\n').slice(1);
    expect(rows.map((row) => row.replace(/^.*web +/, '').replace(/ +/g, ' '))).toEqual([
      `GET /pay 2 1 900 ms ${'2'.padStart(32, '0')}`,
      `GET /cart 1 0 120 ms ${'1'.padStart(32, '0')}`,
    ]);
    expect(err).toBe('2 of 2 traces\n');
  });

  it('prints spans and log records', async () => {
    const spans = await workspace.run('query', '{ service:web } > { service:db }', '--spans');
    expect(spans.out).toMatch(/db {2,}select {2,}300 ms/);
    const logs = await workspace.run('query', 'level>=error', '--logs');
    expect(logs.out).toMatch(/error {2}web {6}refused\n$/);
    expect(logs.err).toBe('1 of 1 log records\n');
  });

  it.each([
    ['--limit', '50'],
    ['--spans', ''],
    ['--logs', ''],
  ])(
    'fits a table of %s into 70 columns, and every title stands over its column',
    async (...more) => {
      const options = more.filter((each) => each !== '');
      const { out } = await workspace.runIn(70, 'query', '', '--no-color', ...options);
      const lines = out.trim().split('\n');
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(70);
      expect(lines.length).toBeGreaterThan(2);
      const wide = (await workspace.run('query', '', ...options)).out;
      expect(titles(out)).toEqual(titles(wide));
    },
  );

  it('sorts, limits and says how many there are', async () => {
    const { out, err } = await workspace.run('query', '', '--sort', 'slowest', '--limit', '1');
    expect(out).toContain('GET /pay');
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(err).toBe('1 of 3 traces\n');
  });

  it('prints JSON lines without bytes that a terminal acts on', async () => {
    const { out } = await workspace.run('query', 'evil', '--json');
    expect(out).not.toContain('\u001b');
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ rootName: 'evil \u001b[31m\nname', spanCount: 1 });
    const table = await workspace.run('query', 'evil');
    expect(table.out).toContain('evil \\u{1b}[31m\\u{a}name');
  });

  it('points at what is wrong in a query', async () => {
    const { exitCode, err, out } = await workspace.run('query', 'service:web status:wrong');
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    const [message, line, caret] = err.split('\n');
    expect(message).toMatch(/^flametail: .*status/);
    expect(line).toBe('  service:web status:wrong');
    expect(caret).toBe(`  ${' '.repeat(19)}^^^^^`);
  });

  it('explains a query without running it', async () => {
    const { exitCode, out } = await workspace.run('query', 'service = web   or  x', '--explain');
    expect(exitCode).toBe(0);
    expect(out.split('\n')[0]).toBe('service:web or x');
    expect(out).toContain('service');
    const json = await workspace.run('query', 'x', '--explain', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, canonical: 'x', error: null });
  });

  it('is wrong usage with both --spans and --logs, and with an order of another kind', async () => {
    expect((await workspace.run('query', 'x', '--spans', '--logs')).exitCode).toBe(2);
    expect((await workspace.run('query', 'x', '--limit', '0')).exitCode).toBe(2);
    const sorted = await workspace.run('query', 'x', '--spans', '--sort', 'mostErrors');
    expect(sorted.err).toContain('"sort" is one of newest, slowest.');
  });

  it('says when nothing matches', async () => {
    const { exitCode, out, err } = await workspace.run('query', 'service:nobody');
    expect([exitCode, out, err]).toEqual([0, '', 'No traces match.\n']);
  });
});
