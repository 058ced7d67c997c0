/**
 * Ports over their life: groups 7 and 15 of the conformance list, and what is ours. We differ from the
 * Collector on purpose: when one port cannot start, the other one goes on, and the state says so; the
 * host decides whether that is enough.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KEEP_ALIVE_MS } from '../../electron/node/receiver/limits.ts';
import { Receiver } from '../../electron/node/receiver/receiver.ts';
import { HTTP_PATH, SIGNALS } from '../../proto/otlp/signal.ts';
import { ENCODINGS, TYPE, sampleBody } from './conformance-support.ts';
import { startEngine } from './receiver-engine-support.ts';
import {
  RecordingTarget,
  callExport,
  grpcClient,
  probe,
  send,
  sendRaw,
  startReceiver,
} from './receiver-support.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('starting (7)', () => {
  test.each(['http', 'grpc'] as const)(
    'a taken %s port is an error that leaks nothing',
    async (which) => {
      const stranger = createServer().listen(0, '127.0.0.1');
      await once(stranger, 'listening');
      onTestFinished(() => void stranger.close());
      const { port } = stranger.address() as AddressInfo;
      const target = new RecordingTarget();
      const receiver = new Receiver({ engine: target, onState: () => undefined, version: '1' });
      onTestFinished(() => receiver.close());
      const ports = { httpPort: 0, grpcPort: 0, [`${which}Port`]: port };
      const states = await receiver.listen({ ...ports, hosts: ['127.0.0.1'] });
      const failed = states.find(({ protocol }) => protocol === which);
      const other = states.find(({ protocol }) => protocol !== which);
      expect([failed?.state, failed?.hosts]).toEqual(['taken', []]);
      expect(other?.state).toBe('listening');
      await receiver.close();
      expect(await probe('127.0.0.1', other?.port ?? 0)).toBe('ECONNREFUSED');
    },
  );
});

describe('closing (15)', () => {
  test.each(SIGNALS)(
    'under HTTP and gRPC load of %s returns, and nothing is stored later',
    async (signal) => {
      const { receiver, target, httpPort, grpcPort } = await startReceiver();
      const client = grpcClient(grpcPort);
      const agent = new Agent({ keepAlive: true });
      onTestFinished(() => agent.destroy());
      let isOver = false;
      let acknowledged = 0;
      const posting = async (encoding: 'json' | 'protobuf', coding: string) => {
        const headers = { 'content-type': TYPE[encoding], 'content-encoding': coding };
        const sent = {
          path: HTTP_PATH[signal],
          headers,
          body: sampleBody(signal, encoding),
          agent,
        };
        while (!isOver) {
          await send(httpPort, sent).then(
            ({ status }) => (acknowledged += status === 200 ? 1 : 0),
            () => (isOver = true),
          );
        }
      };
      const calling = async () => {
        while (!isOver) {
          const { code } = await callExport(client, signal, sampleBody(signal, 'protobuf'));
          if (code === 0) acknowledged++;
          else isOver = true;
        }
      };
      const load = Promise.all([
        ...ENCODINGS.map((encoding) => posting(encoding, 'identity')),
        calling(),
        calling(),
      ]);
      while (acknowledged < 50) await new Promise((resolve) => setImmediate(resolve));
      await receiver.close();
      const taken = target.bodies.length;
      isOver = true;
      await load;
      expect(target.bodies).toHaveLength(taken);
      // Bodies whose answer was cut may be stored; none that was acknowledged is missing.
      expect(taken).toBeGreaterThanOrEqual(acknowledged);
      expect(await probe('127.0.0.1', httpPort)).toBe('ECONNREFUSED');
      expect(await probe('127.0.0.1', grpcPort)).toBe('ECONNREFUSED');
    },
  );

  test('does not wait for a client that never ends its body', async () => {
    const { receiver, httpPort } = await startReceiver();
    const outgoing = request({
      host: '127.0.0.1',
      port: httpPort,
      path: '/v1/traces',
      method: 'POST',
      headers: { 'content-type': 'application/json', expect: '100-continue' },
    });
    const failed = once(outgoing, 'error');
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.write('{');
    await receiver.close();
    await failed;
  });

  test('without listening is fine, and so is a second time', async () => {
    const target = new RecordingTarget();
    const receiver = new Receiver({ engine: target, onState: () => undefined, version: '1' });
    await receiver.close();
    await receiver.close();
  });
});

describe('connections', () => {
  test('one is kept for the next batch, and longer than the 5 s until it comes', async () => {
    expect(KEEP_ALIVE_MS).toBeGreaterThanOrEqual(65_000);
    const { httpPort } = await startReceiver();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    for (let round = 0; round < 3; round++) {
      const outgoing = request({
        host: '127.0.0.1',
        port: httpPort,
        path: '/v1/logs',
        method: 'POST',
        agent,
        headers: JSON_TYPE,
      });
      outgoing.end('{}');
      const [incoming] = await once(outgoing, 'response');
      expect(incoming.headers['keep-alive']).toBe(`timeout=${KEEP_ALIVE_MS / 1000}`);
      ports.add(outgoing.socket?.localPort);
      await once(incoming.resume(), 'end');
    }
    expect(ports.size).toBe(1);
  });

  test('pipelined requests of every signal are answered in order', async () => {
    const { target, httpPort } = await startReceiver();
    const text = await sendRaw(
      httpPort,
      SIGNALS.map(
        (signal, at) =>
          `POST ${HTTP_PATH[signal]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${at === 3 ? 'Connection: close\r\n' : ''}\r\n{}`,
      ).join(''),
    );
    expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(4);
    expect(target.bodies.map(({ signal }) => signal)).toEqual(SIGNALS);
  });
});

test('an empty export of every signal is taken and stores nothing (14)', async () => {
  const { engine, httpPort, grpcPort } = await startEngine();
  for (const signal of SIGNALS) {
    const path = HTTP_PATH[signal];
    const posts = [
      await send(httpPort, { path, headers: { 'content-type': TYPE.protobuf } }),
      await send(httpPort, { path, headers: { 'content-type': TYPE.json }, body: '{}' }),
    ];
    expect(posts.map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, ''],
      [200, '{}'],
    ]);
    expect((await callExport(grpcClient(grpcPort), signal, Buffer.alloc(0))).code).toBe(0);
  }
  for (const { received } of Object.values(engine.status().signals)) expect(received).toBe(0);
});
