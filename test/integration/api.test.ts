import { join } from 'node:path';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import WebSocket from 'ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LiveClient } from '../../proto/live/client.ts';
import type { Channel } from '../../proto/live/channel.ts';
import type { StatusMeta } from '../../proto/live/topics.ts';
import type { Signal } from '../../proto/otlp/signal.ts';
import { HTTP_PATH } from '../../proto/otlp/signal.ts';
import { buildTestTrace } from '../../electron/node/host/test-trace.ts';
import { decodeRequest, encodeRequest, type Plain } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';
import {
  openWorkspace,
  rawRequest,
  type RawAnswer,
  type Served,
  type Workspace,
} from '../support/serve-inline.ts';

let workspace: Workspace;
let served: Served;
let own: { host: string; origin: string; port: string };

beforeAll(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
  const { host, origin, port } = new URL(served.instance.ui);
  own = { host, origin, port };
});
afterAll(() => workspace.close());
beforeEach(() => call('POST', 'clear', '{"signal":"all"}'));

function call(method: string, path: string, body: string | Uint8Array = ''): Promise<RawAnswer> {
  return rawRequest(new URL(`api/v1/${path}`, served.instance.ui), {
    method,
    headers: { authorization: `Bearer ${served.instance.token}` },
    body,
  });
}

async function callJson(method: string, path: string, body?: string | Uint8Array): Promise<Plain> {
  const answer = await call(method, path, body);
  expect(answer.headers['content-type']).toContain('application/json');
  return JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as Plain;
}

async function post(signal: Signal, body: Uint8Array | string): Promise<void> {
  const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf';
  const url = new URL(HTTP_PATH[signal], served.instance.otlpHttp);
  const answer = await rawRequest(url, { method: 'POST', headers: { 'content-type': type }, body });
  expect(answer.status).toBe(200);
}

describe('the API', () => {
  it('tells errors as code and message', async () => {
    const cases: [string, string, number, string][] = [
      ['GET', 'nothing', 404, 'notFound'],
      ['GET', 'metrics/nothing', 404, 'notFound'],
      ['GET', 'metrics/series?name=nothing', 404, 'notFound'],
      ['GET', 'metrics/series', 400, 'badRequest'],
      ['GET', 'metrics/series?id=1', 404, 'notFound'],
      ['GET', 'traces?sort=upwards', 400, 'badRequest'],
      ['GET', 'spans?sort=mostSpans', 400, 'badRequest'],
      ['GET', 'query?target=all', 400, 'badRequest'],
      ['GET', 'traces?q=)', 400, 'badQuery'],
      ['POST', 'status', 405, 'methodNotAllowed'],
      ['GET', `traces/${'0a'.repeat(16)}`, 404, 'notFound'],
      ['GET', 'traces/zz', 400, 'badRequest'],
      ['GET', 'traces?limit=0', 400, 'badRequest'],
      ['GET', 'traces?cursor=%00', 400, 'badRequest'],
      ['GET', 'export?format=pdf', 400, 'badRequest'],
      ['GET', 'export?signal=spans', 400, 'badRequest'],
      ['GET', 'export?ids=1', 400, 'badRequest'],
      ['GET', 'export?q=x', 400, 'badRequest'],
      ['POST', 'clear', 400, 'badRequest'],
    ];
    for (const [method, path, status, code] of cases) {
      const answer = await call(method, path);
      const parsed = JSON.parse(answer.body) as { error: { code: string; message: string } };
      expect([answer.status, parsed.error.code], `${method} ${path}`).toEqual([status, code]);
      expect(parsed.error.message).toMatch(/^[A-Z"/].*\.$/s);
    }
  });

  it('counts in the status what was received, by signal and source', async () => {
    const before = await callJson('GET', 'status');
    const test = buildTestTrace(Date.now());
    await post('traces', test.traces);
    await post('logs', test.logs);
    const status = (await callJson('GET', 'status')) as unknown as StatusMeta & {
      ports: object;
      sources: { name: string }[];
    };
    const was = before as unknown as StatusMeta;
    expect(status.signals.spans.received - was.signals.spans.received).toBe(9);
    expect(status.signals.logRecords.received - was.signals.logRecords.received).toBe(4);
    expect(status.signals.spans.kept).toBe(9);
    expect(status.ports).toEqual({
      http: Number(new URL(served.instance.otlpHttp).port),
      grpc: Number(served.instance.otlpGrpc.split(':')[1]),
      ui: Number(own.port),
    });
    expect(status.sources.map(({ name }) => name)).toContain('test-payments');
  });

  it('lists traces by pages, filtered by text, and gives one as OTLP JSON', async () => {
    const traces = [0, 1, 2].map(() => buildTestTrace(Date.now()));
    for (const { traces: body } of traces) await post('traces', body);
    const first = await callJson('GET', 'traces?limit=2');
    expect(first).toMatchObject({ matched: 3, nextCursor: expect.any(String) as string });
    const rest = await callJson('GET', `traces?limit=2&cursor=${String(first['nextCursor'])}`);
    const listed = [first, rest].flatMap((page) => page['traces'] as { traceId: string }[]);
    expect(listed.map(({ traceId }) => traceId)).toEqual(
      traces.map(({ traceId }) => traceId).reverse(),
    );
    expect(listed[0]).toMatchObject({
      rootName: 'POST /checkout',
      rootService: 'test-storefront',
      spanCount: 9,
      errorCount: 1,
      durationNs: '212000000',
    });
    const ofService = (name: string) => callJson('GET', `traces?service=${name}`);
    expect(await ofService('test-payments')).toMatchObject({ matched: 3 });
    expect(await ofService('absent')).toMatchObject({ matched: 0 });
    const none = ['storefront', 'inventory', 'payments', 'mailer']
      .map((name) => `not-service=test-${name}`)
      .join('&');
    expect(await callJson('GET', `traces?${none}`)).toMatchObject({ matched: 0 });
    expect(await callJson('GET', 'traces?q=nowhere')).toMatchObject({ matched: 0, traces: [] });
    const trace = await callJson('GET', `traces/${traces[0].traceId}`);
    expect(JSON.stringify(trace)).toContain('The card network closed the connection');
  });

  it.each(['otlp.jsonl', 'otlp.pb', 'otlp.jsonl.gz', 'otlp.pb.gz'])(
    'gives the same telemetry after export, clear, import and export as %s',
    async (format) => {
      const seed = Date.now() >>> 0;
      const random = seededRandom(seed);
      for (let round = 0; round < 12; round++) {
        for (const signal of ['traces', 'logs', 'metrics'] as const) {
          await post(
            signal,
            encodeRequest(signal, randomRequest(signal, random, { density: 0.9 })),
          );
        }
      }
      const exportPath = `export?format=${format}`;
      const first = await call('GET', exportPath);
      expect(first.status).toBe(200);
      const before = await telemetry();
      expect(before.length, `seed ${seed}`).toBeGreaterThan(2);
      await call('POST', 'clear', '{"signal":"all"}');
      expect((await call('GET', exportPath.replace('.gz', ''))).body).toBe('');
      const result = await callJson('POST', 'import', Buffer.from(first.body, 'latin1'));
      expect(result['skipped'], `seed ${seed}`).toEqual([]);
      expect(await telemetry(), `seed ${seed}`).toEqual(before);
    },
  );

  it('exports one signal or chosen traces alone', async () => {
    const [a, b] = [buildTestTrace(Date.now()), buildTestTrace(Date.now())];
    for (const test of [a, b]) {
      await post('traces', test.traces);
      await post('logs', test.logs);
    }
    const logs = (await call('GET', 'export?signal=logs')).body;
    expect(logs).toContain('resourceLogs');
    expect(logs).not.toContain('resourceSpans');
    const one = await call('GET', `export?ids=${a.traceId}`);
    expect(one.headers['content-disposition']).toBe('attachment; filename="flametail.otlp.jsonl"');
    expect(one.body).toContain(a.traceId);
    expect(one.body).toContain('Order placed');
    expect(one.body).not.toContain(b.traceId);
    const ofService = await call('GET', 'export?signal=logs&service=test-payments');
    expect(ofService.body).toContain('Charge failed: the card network');
    expect(ofService.body).not.toContain('Order placed');
  });

  it('cancels an export whose reader goes away, and goes on', async () => {
    const body = JSON.stringify({
      resourceLogs: [
        {
          scopeLogs: [
            { logRecords: [{ timeUnixNano: '1', body: { stringValue: 'x'.repeat(1e6) } }] },
          ],
        },
      ],
    });
    for (let i = 0; i < 12; i++) await post('logs', body);
    const url = new URL('api/v1/export?label=left', served.instance.ui);
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${served.instance.token}` };
    const response = await fetch(url, { headers, signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    await expect.poll(async () => operationStates('left')).toEqual(['cancelled']);
  });

  it('refuses to import a file of another kind, and says so', async () => {
    const answer = await call('POST', 'import', 'PK\u0003\u0004 is a ZIP');
    expect(answer.status).toBe(422);
    expect(answer.body).toContain('not a file that Flametail reads');
    const long = await call('POST', 'import', Buffer.alloc(20_000_000, 'x'));
    expect(long.status).toBe(422);
  });
});

/** The kept telemetry, decoded, by signal and in order of arrival. */
async function telemetry(): Promise<Plain[]> {
  const requests: Plain[] = [];
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const file = Buffer.from(
      (await call('GET', `export?format=otlp.pb&signal=${signal}`)).body,
      'latin1',
    );
    for (let at = 0; at < file.length;) {
      const length = file.readUInt32BE(at);
      requests.push(decodeRequest(signal, file.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
  }
  return requests;
}

/** States of the operations of a label, as the live protocol tells them. */
async function operationStates(label: string): Promise<string[]> {
  const socket = new WebSocket(`ws://${own.host}/live`, {
    headers: { authorization: `Bearer ${served.instance.token}` },
  });
  const client = new LiveClient(socketChannel(socket), { name: 'test' });
  const { operations } = await client.request('status.get', {});
  client.close();
  return operations.filter((each) => each.label === label).map(({ state }) => state);
}

describe('the live WebSocket', () => {
  const open = (headers: Record<string, string>, path = '/live') =>
    new WebSocket(`ws://${own.host}${path}`, { headers, perMessageDeflate: false });
  const bearer = () => ({ authorization: `Bearer ${served.instance.token}` });
  const refusal = (socket: WebSocket): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      socket.on('unexpected-response', (request, response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      socket.on('open', () => reject(new Error('it opened')));
      socket.on('error', () => undefined);
    });

  it('refuses upgrades without a token, of other origins, hosts and paths', async () => {
    expect(await refusal(open({}))).toBe(401);
    expect(await refusal(open({ ...bearer(), origin: 'http://localhost:3000' }))).toBe(403);
    expect(await refusal(open({ ...bearer(), host: 'evil.example' }))).toBe(403);
    expect(await refusal(open(bearer(), '/other'))).toBe(404);
  });

  it('speaks the live protocol', async () => {
    const client = new LiveClient(socketChannel(open({ ...bearer(), origin: own.origin })), {
      name: 'test',
    });
    expect(await client.welcome).toMatchObject({ product: '0.0.0-test' });
    const { traceId } = await client.request('testTrace.send', {});
    const { json } = await client.request('trace.json', { traceId });
    expect(json).toContain('POST /checkout');
    const frames = await new Promise<StatusMeta>((resolve) => {
      client.subscribe('status', {}, { frame: ({ meta }) => resolve(meta) });
    });
    expect(frames.receivers.map(({ state }) => state)).toEqual(['listening', 'listening']);
    await expect(client.request('operation.cancel', { id: 99 })).rejects.toMatchObject({
      code: 'notFound',
    });
    const closed = new Promise((resolve) => client.onClose(resolve));
    client.close();
    await closed;
  });

  it('goes on after a client that sends nonsense', async () => {
    const socket = open(bearer());
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.on('open', () => socket.send(Buffer.from([1, 2, 3])));
    expect(await closed).toBe(1003);
    expect((await call('GET', 'status')).status).toBe(200);
  });

  it('shows a running import as an operation that can be cancelled', async () => {
    const client = new LiveClient(socketChannel(open(bearer())), { name: 'test' });
    const running = new Promise<number>((resolve) => {
      client.subscribe(
        'status',
        {},
        {
          frame: ({ meta }) => {
            const operation = meta.operations.find((o) => o.state === 'running');
            if (operation !== undefined) resolve(operation.id);
          },
        },
      );
    });
    const url = new URL('api/v1/import?label=endless', served.instance.ui);
    const line = '{"resourceSpans":[]}\n'.repeat(1000);
    const abort = new AbortController();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (abort.signal.aborted) controller.close();
        else controller.enqueue(Buffer.from(line));
      },
    });
    const answer = fetch(url, {
      method: 'POST',
      headers: bearer(),
      body: endless,
      duplex: 'half',
    } as RequestInit);
    await client.request('operation.cancel', { id: await running });
    expect((await answer).status).toBe(409);
    abort.abort();
    client.close();
  });
});

function socketChannel(socket: WebSocket): Channel {
  const waiting: string[] = [];
  socket.on('open', () => {
    for (const message of waiting.splice(0)) socket.send(message);
  });
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else waiting.push(String(message));
    },
    onMessage: (handler) => {
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        handler(isBinary ? new Uint8Array(data) : data.toString());
      });
    },
    onClose: (handler) => {
      socket.on('close', () => handler('closed'));
    },
    close: () => socket.close(),
    bufferedBytes: 0,
  };
}

describe('commands against the running instance', () => {
  it('export, clear and import through files', async () => {
    const test = buildTestTrace(Date.now());
    await post('traces', test.traces);
    const file = join(workspace.folder, 'capture.otlp.pb.gz');
    const exported = await workspace.run('export', '-o', file);
    expect([exported.exitCode, exported.err]).toEqual([0, '']);
    expect(exported.out).toMatch(/capture\.otlp\.pb\.gz: \d+ bytes written/);
    expect((await readFile(file)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    await call('POST', 'clear', '{"signal":"all"}');
    const imported = await workspace.run('import', file);
    expect([imported.exitCode, imported.out]).toEqual([0, `${file}: 9 spans read\n`]);
    const stats = await workspace.run('stats');
    expect(stats.out).toMatch(/^spans +\d+ +9 /m);
    expect(stats.out).toMatch(/^test-payments +3 +1$/m);
  });

  it('write to standard output, and print JSON for machines', async () => {
    await post('traces', buildTestTrace(Date.now()).traces);
    const exported = await workspace.run('export', '-o', '-', '--signal', 'traces');
    expect(exported.out).toMatch(/^\{"resourceSpans":/);
    const stats = JSON.parse((await workspace.run('stats', '--json')).out) as StatusMeta;
    expect(stats.signals.spans.kept).toBe(9);
  });

  it('end with code 1 and no file when the instance refuses', async () => {
    const output = join(workspace.folder, 'refused.otlp.jsonl');
    const run = await workspace.run('export', '-o', output, '--signal', 'everything');
    expect(run.exitCode).toBe(1);
    expect(run.err).toContain('"signal" is all, or some of');
    expect(await readdir(workspace.folder)).not.toContain('refused.otlp.jsonl');
    const absent = await workspace.run('export', '-o', join(workspace.folder, 'no', 'x.pb'));
    expect(absent.exitCode).toBe(1);
    expect(absent.err).toMatch(/no\/x\.pb: There is no such file or folder\.\n$/);
  });

  it('report what an import skipped, with terminal escapes written out', async () => {
    const file = join(workspace.folder, 'evil\u001b[2J.otlp.jsonl');
    await writeFile(file, '{}\n');
    const run = await workspace.run('import', file);
    expect(run.exitCode).toBe(1);
    expect(run.out).toContain('evil\\u{1b}[2J.otlp.jsonl: nothing new was read; skipped line 1');
  });
});
