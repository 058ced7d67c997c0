/** Exports by a query and by a brush, over HTTP and from the command line. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../support/send.ts';
import { openWorkspace, rawRequest, type Served, type Workspace } from '../support/serve-inline.ts';

let workspace: Workspace;
let served: Served;

const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const TRACES = 450;

beforeAll(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
  const spans = Array.from({ length: TRACES }, (_, i) => ({
    traceId: (i + 1).toString(16).padStart(32, '0'),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    name: `GET /${i}`,
    startTimeUnixNano: String(START + BigInt(i) * SECOND),
    endTimeUnixNano: String(START + BigInt(i) * SECOND + BigInt((i % 2) + 1) * 1_000_000n),
  }));
  const port = Number(new URL(served.instance.otlpHttp).port);
  await post(port, '/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
});
afterAll(() => workspace.close());

async function get(path: string): Promise<{ readonly status: number; readonly body: string }> {
  const answer = await rawRequest(new URL(`api/v1/export?${path}`, served.instance.ui), {
    headers: { authorization: `Bearer ${served.instance.token}` },
  });
  return { status: answer.status, body: answer.body };
}

const spanCount = (body: string): number => body.match(/"spanId"/g)?.length ?? 0;
const at = (second: number): bigint => START + BigInt(second) * SECOND;

describe('exporting over HTTP', () => {
  it.each([
    ['traces', 'duration>100', 9, 12],
    ['logs', '(a', 0, 1],
    ['metrics', 'name:', 5, 5],
  ])(
    'answers a wrong query of %s with the place, and no byte of a file',
    async (signal, q, from, to) => {
      const { status, body } = await get(`signal=${signal}&q=${encodeURIComponent(q)}`);
      expect(status).toBe(400);
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'badQuery', from, to } });
    },
  );

  it('exports every trace of a brush, however many', async () => {
    const all = await get(`signal=traces&brush=${at(0)},${at(TRACES)},0,1e9`);
    expect([all.status, spanCount(all.body)]).toEqual([200, TRACES]);
    const some = await get(`signal=traces&brush=${at(10)},${at(20)},0,1500000`);
    expect(spanCount(some.body)).toBe(5);
    const none = await get(`signal=traces&brush=${at(10)},${at(20)},0,1500000&q=nowhere`);
    expect([none.status, none.body]).toEqual([200, '']);
  });

  it.each(['1,2,3', '1,2,a,4', '1,2,3,4,5', '-1,2,3,4', `1,${2n ** 64n},3,4`, ''])(
    'refuses the brush "%s"',
    async (brush) => {
      const { status, body } = await get(`signal=traces&brush=${encodeURIComponent(brush)}`);
      expect([status, body]).toEqual([400, expect.stringContaining('fromNs,toNs,minNs,maxNs')]);
    },
  );

  it('refuses a brush of another signal', async () => {
    expect((await get('signal=logs&brush=1,2,3,4')).status).toBe(400);
    expect((await get('brush=1,2,3,4')).status).toBe(400);
  });
});

describe('flametail export', () => {
  it('points at what is wrong in a query, ends with 2 and leaves no file', async () => {
    const output = join(workspace.folder, 'wrong.otlp.jsonl');
    const args = ['--signal', 'traces', '--query', 'duration>100'];
    const run = await workspace.run('export', '-o', output, ...args);
    expect(run.exitCode).toBe(2);
    expect(run.err).toMatch(/\n {2}duration>100\n {11}\^\^\^\n$/);
    expect(await readdir(workspace.folder)).not.toContain('wrong.otlp.jsonl');
  });

  it('exports what a query finds', async () => {
    const run = await workspace.run(
      'export',
      '-o',
      '-',
      '--signal',
      'traces',
      '--query',
      'name:*7',
    );
    expect(run.exitCode).toBe(0);
    expect(spanCount(run.out)).toBe(45);
  });
});
