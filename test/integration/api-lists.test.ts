import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../support/send.ts';
import { openWorkspace, rawRequest, type Served, type Workspace } from '../support/serve-inline.ts';

let workspace: Workspace;
let served: Served;

const START = 1_700_000_000_000_000_001n;
const attribute = (key: string, value: object): object => ({ key, value });
const resource = {
  attributes: [attribute('service.name', { stringValue: 'web' })],
};

beforeAll(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
  const port = Number(new URL(served.instance.otlpHttp).port);
  const spans = [1, 2, 3].map((id) => ({
    traceId: id.toString(16).padStart(32, '0'),
    spanId: id.toString(16).padStart(16, '0'),
    name: `GET /${id}`,
    startTimeUnixNano: String(START),
    endTimeUnixNano: String(START + BigInt(id % 3) * 1_000_000n),
    attributes: [attribute('big', { intValue: '9007199254740993' })],
  }));
  await post(port, '/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  const logRecords = ['one', 'two'].map((body, i) => ({
    timeUnixNano: String(START + BigInt(i)),
    severityNumber: 9 + i * 8,
    body: { stringValue: body },
  }));
  await post(port, '/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
  const dataPoints = [1, 2].map((value) => ({
    timeUnixNano: String(START + BigInt(value) * 1_000_000_000n),
    asDouble: value,
  }));
  const metrics = [{ name: 'queue.size', unit: '{item}', gauge: { dataPoints } }];
  await post(port, '/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
});
afterAll(() => workspace.close());

async function get(path: string): Promise<Record<string, unknown> & { status: number }> {
  const answer = await rawRequest(new URL(`api/v1/${path}`, served.instance.ui), {
    headers: { authorization: `Bearer ${served.instance.token}` },
  });
  const body = JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as Record<string, unknown>;
  return { ...body, status: answer.status };
}

const q = encodeURIComponent;

describe('lists of the API', () => {
  it('sort traces', async () => {
    const { traces, matched } = await get('traces?sort=slowest&limit=2');
    expect((traces as { rootName: string }[]).map(({ rootName }) => rootName)).toEqual([
      'GET /2',
      'GET /1',
    ]);
    expect(matched).toBe(3);
  });

  it('give spans as OTLP JSON, with 64-bit integers as text', async () => {
    const { spans, nextCursor } = await get(`spans?q=${q('big=9007199254740993')}&limit=1`);
    expect(spans).toMatchObject([
      {
        service: 'web',
        spanId: '0000000000000003',
        durationNs: '0',
        rootName: 'GET /3',
        span: {
          name: 'GET /3',
          startTimeUnixNano: String(START),
          attributes: [{ key: 'big', value: { intValue: '9007199254740993' } }],
        },
      },
    ]);
    const next = await get(`spans?limit=1&cursor=${String(nextCursor)}`);
    expect(next['spans']).toMatchObject([{ spanId: '0000000000000002' }]);
  });

  it('give log records that match, newest first', async () => {
    const all = await get('logs');
    expect(all['logs']).toMatchObject([{ bodyText: 'two' }, { bodyText: 'one' }]);
    const { logs, matched } = await get(`logs?q=${q('level:info')}`);
    expect(matched).toBe(1);
    expect(logs).toMatchObject([
      {
        service: 'web',
        timeUnixNano: String(START),
        logRecord: { severityNumber: 9, body: { stringValue: 'one' } },
      },
    ]);
  });

  it('give the catalog of metrics, and the points of one', async () => {
    const { metrics } = await get(`metrics?q=${q('name:queue*')}`);
    expect(metrics).toMatchObject([{ name: 'queue.size', service: 'web', last: '2' }]);
    const series = await get('metrics/series?name=queue.size');
    expect(series['points']).toMatchObject([{ values: [1, 2] }]);
    const later = await get(`metrics/series?name=queue.size&fromMs=${1_700_000_001_500}`);
    expect(later['points']).toMatchObject([{ values: [2] }]);
  });

  it('say where a query is wrong', async () => {
    const answer = await get(`logs?q=${q('level:loud')}`);
    expect(answer).toMatchObject({
      status: 400,
      error: { code: 'badQuery', from: 6, to: 10 },
    });
  });

  it('check a query without running it', async () => {
    expect(await get(`query?target=logs&q=${q('level  >= warn')}`)).toMatchObject({
      ok: true,
      canonical: 'level>=warn',
      error: null,
    });
    expect(await get(`query?q=${q('duration>1')}`)).toMatchObject({
      status: 200,
      ok: false,
      error: { from: 9, to: 10 },
    });
  });
});
