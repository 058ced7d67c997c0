/** An engine that is behind: clients are told when to come again, queues stay bounded, nothing is lost. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openGrpc } from '../../electron/node/receiver/grpc-endpoint.ts';
import { MAX_IN_FLIGHT_BYTES } from '../../electron/node/receiver/limits.ts';
import { Lateness, Pressure } from '../../electron/node/receiver/pressure.ts';
import { decodeMessage, protoType } from '../support/otlp/proto-root.ts';
import { ENCODINGS, TYPE, statusOf } from './conformance-support.ts';
import { startEngine } from './receiver-engine-support.ts';
import { callEnd, grpcMessage, http2Session, openCall, rawCall } from './receiver-grpc-support.ts';
import {
  RecordingTarget,
  callExport,
  grpcClient,
  send,
  startReceiver,
} from './receiver-support.ts';

const MIB = 1024 * 1024;

/** A target that says that it is behind while `behindMs` is not 0. */
class BehindTarget extends RecordingTarget {
  behindMs = 0;
  asked = 0;
  /** How often it says so before it has caught up. */
  times = Infinity;

  override pressureMs(): number {
    return this.asked++ < this.times ? this.behindMs : 0;
  }
}

/** The RetryInfo of a gRPC status. */
function retryInfoOf(details: Uint8Array): Record<string, unknown> {
  const status = decodeMessage(protoType('google.rpc.Status'), details);
  const [info] = status['details'] as { typeUrl: string; value: Uint8Array }[];
  expect(info.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo');
  return decodeMessage(protoType('google.rpc.RetryInfo'), info.value);
}

describe('HTTP', () => {
  test.each([
    [13_000, '13'],
    [1_001, '2'],
    [1, '1'],
  ])('an engine that needs %i ms is 503 with Retry-After %s (9)', async (behindMs, seconds) => {
    const target = new BehindTarget();
    const { httpPort } = await startReceiver(target);
    target.behindMs = behindMs;
    for (const encoding of ENCODINGS) {
      const headers = { 'content-type': TYPE[encoding] };
      const answer = await send(httpPort, { headers, body: '{}' });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, seconds]);
      expect([answer.headers['content-type'], statusOf(answer).code]).toEqual([TYPE[encoding], 14]);
    }
    expect(target.bodies).toHaveLength(0);
    expect(target.lines.at(-1)).toMatchObject({ label: '503', outcome: 'refused' });
  });

  test('final refusals carry no Retry-After (9)', async () => {
    const { target, httpPort } = await startReceiver();
    const seen: [number, string | undefined][] = [];
    for (const code of ['malformed', 'tooLarge', 'throws'] as const) {
      target.answer = () => {
        if (code === 'throws') throw new Error('broken');
        return { ok: false, code, message: 'no', offset: 0 };
      };
      const { status, headers } = await send(httpPort, {
        headers: { 'content-type': TYPE.json },
        body: '{}',
      });
      seen.push([status, headers['retry-after']]);
    }
    expect(seen).toEqual([
      [400, undefined],
      [413, undefined],
      [500, undefined],
    ]);
  });

  test('a body that was read when the engine fell behind is refused too', async () => {
    const target = new BehindTarget();
    const { httpPort } = await startReceiver(target);
    target.pressureMs = () => (target.asked++ === 0 ? 0 : 2000);
    const headers = { 'content-type': TYPE.json };
    expect((await send(httpPort, { headers, body: '{}' })).status).toBe(503);
    expect(target.bodies).toHaveLength(0);
  });
});

describe('gRPC', () => {
  test('a call waits for the engine and is taken once', async () => {
    const target = new BehindTarget();
    target.behindMs = 1000;
    target.times = 3;
    const { grpcPort } = await startReceiver(target);
    const answer = await callExport(grpcClient(grpcPort), 'traces', Buffer.from('late'));
    expect(answer.code).toBe(0);
    expect(target.asked).toBeGreaterThan(3);
    expect(target.bodies.map(({ bytes }) => bytes.toString())).toEqual(['late']);
  });

  test('beyond 16 that wait, calls are UNAVAILABLE with RetryInfo', async () => {
    const target = new BehindTarget();
    const { grpcPort } = await startReceiver(target);
    target.behindMs = 3000;
    const client = grpcClient(grpcPort);
    const calls = Array.from({ length: 20 }, () => callExport(client, 'logs', Buffer.alloc(9)));
    const refused = await Promise.race(calls);
    expect(refused.code).toBe(grpc.status.UNAVAILABLE);
    const [details] = refused.metadata.get('grpc-status-details-bin');
    expect(retryInfoOf(details as Buffer)).toEqual({ retryDelay: { seconds: 3n } });
    expect(await target.line('UNAVAILABLE')).toMatchObject({
      protocol: 'grpc',
      outcome: 'refused',
    });
    target.behindMs = 0;
    const codes = (await Promise.all(calls)).map(({ code }) => code);
    expect(codes.filter((code) => code === 0)).toHaveLength(16);
    expect(target.bodies).toHaveLength(16);
  });

  test('closing does not wait for calls that wait', async () => {
    const target = new BehindTarget();
    const { receiver, grpcPort } = await startReceiver(target);
    target.behindMs = 3000;
    const call = callExport(grpcClient(grpcPort), 'traces', Buffer.alloc(9));
    while (target.asked === 0) await new Promise((resolve) => setImmediate(resolve));
    await receiver.close();
    expect((await call).code).not.toBe(0);
    target.behindMs = 0;
    expect(target.bodies).toHaveLength(0);
  });

  test('messages of all connections share one budget, and give it back', async () => {
    const target = new RecordingTarget();
    const pressure = new Pressure(target);
    const options = { engine: target, pressure, version: '', httpPort: () => 0, port: 0 };
    const endpoint = await openGrpc({ ...options, hosts: ['127.0.0.1'] });
    onTestFinished(() => endpoint.close());
    const taken = MAX_IN_FLIGHT_BYTES - MIB;
    expect(pressure.inFlight.reserve(taken)).toBe(true);
    const half = grpcMessage(Buffer.alloc(MIB)).subarray(0, 0.6 * MIB);
    const ends = [];
    const sessions = Array.from({ length: 4 }, () => http2Session(endpoint.port));
    for (const session of sessions) {
      const stream = openCall(session);
      ends.push(callEnd(stream));
      stream.write(half);
    }
    const refused = await Promise.race(ends);
    expect(refused.status).toBe(String(grpc.status.UNAVAILABLE));
    const details = Buffer.from(String(refused.details), 'base64');
    expect(retryInfoOf(details)).toEqual({ retryDelay: { seconds: 1n } });
    for (const session of sessions) session.destroy();
    await Promise.all(ends);
    pressure.inFlight.release(taken);
    const whole = grpcMessage(Buffer.alloc(MIB));
    expect((await rawCall(http2Session(endpoint.port), {}, whole)).status).toBe('0');
    await target.line('OK');
    while (!pressure.inFlight.reserve(MAX_IN_FLIGHT_BYTES)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe('lateness', () => {
  test('is two turns in a row that come a second late', () => {
    const lateness = new Lateness(0);
    const behind = [500, 2100, 2600, 4200, 5800, 6300].map((nowMs) => {
      lateness.tick(nowMs);
      return lateness.isBehind;
    });
    expect(behind).toEqual([false, false, false, false, true, false]);
  });

  test('is not a machine that slept', () => {
    const lateness = new Lateness(0);
    lateness.tick(8 * 3_600_000);
    expect(lateness.isBehind).toBe(false);
  });
});

/** Runs real exporters on a thread of their own; gives the result code of every export. */
async function runExporters(
  httpPort: number,
  grpcPort: number,
  batches: number,
): Promise<readonly number[]> {
  const worker = new Worker(new URL('./receiver-sdk-worker.mjs', import.meta.url), {
    workerData: {
      httpUrl: `http://127.0.0.1:${httpPort}/v1/traces`,
      grpcUrl: `http://127.0.0.1:${grpcPort}`,
      batches,
      spansPerBatch: 20,
    },
  });
  onTestFinished(() => void worker.terminate());
  const [codes] = (await once(worker, 'message')) as [number[]];
  return codes;
}

describe('real SDK exporters', () => {
  test('lose nothing to an engine that says that it is behind', async () => {
    let asked = 0;
    const { engine, lines, httpPort, grpcPort } = await startEngine(undefined, {
      pressureMs: () => (asked++ < 12 ? 1000 : 0),
    });
    const codes = await runExporters(httpPort, grpcPort, 3);
    expect(codes).toEqual(Array(12).fill(0));
    expect(lines.some(({ label }) => label === '503')).toBe(true);
    const { received, kept } = engine.status().signals.spans;
    expect([received, kept]).toEqual([240, 240]);
  });

  test('lose nothing to a thread that stalls for seconds, turn after turn', async () => {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    let stalls = 0;
    let hasStalled = false;
    const { engine, lines, httpPort, grpcPort } = await startEngine(undefined, {
      beforeIngest() {
        if (hasStalled || stalls === 3) return;
        hasStalled = true;
        stalls++;
        Atomics.wait(sleeper, 0, 0, 1_700);
        setImmediate(() => (hasStalled = false));
      },
    });
    const codes = await runExporters(httpPort, grpcPort, 8);
    expect(codes).toEqual(Array(32).fill(0));
    expect(stalls).toBe(3);
    expect(lines.some(({ label }) => label === '503')).toBe(true);
    expect(engine.status().signals.spans.kept).toBe(640);
  });
});
