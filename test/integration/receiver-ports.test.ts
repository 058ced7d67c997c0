import { createServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BindError, bindHosts, closeServers } from '../../electron/node/receiver/bind.ts';
import { Receiver } from '../../electron/node/receiver/receiver.ts';
import { RecordingTarget, probe, startReceiver } from './receiver-support.ts';

const HOSTS = ['127.0.0.1', '::1'];
const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some((address) => address.address === '::1'),
);

/** A port held by a stranger on one address. */
async function occupy(host: string, server: Server = createServer()): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function idleReceiver(): { receiver: Receiver; target: RecordingTarget } {
  const target = new RecordingTarget();
  const receiver = new Receiver({ engine: target, onState: () => undefined, version: '1.2.3' });
  onTestFinished(() => receiver.close());
  return { receiver, target };
}

describe('listening', () => {
  test('one port number serves both loopback addresses', async () => {
    const { receiver, httpPort, grpcPort, target } = await startReceiver();
    const hosts = hasIpv6 ? HOSTS : ['127.0.0.1'];
    for (const state of receiver.states) expect(state.hosts).toEqual(hosts);
    for (const host of hosts) {
      expect(await probe(host, httpPort)).toBe('open');
      expect(await probe(host, grpcPort)).toBe('open');
    }
    expect(target.lines.map((line) => [line.label, line.outcome])).toEqual([
      ['UP', 'info'],
      ['UP', 'info'],
    ]);
    expect(target.lines[0]?.message).toContain(`OTLP/HTTP listens on 127.0.0.1:${httpPort}`);
  });

  test('states go from starting to listening to stopped', async () => {
    const { receiver, changes, httpPort } = await startReceiver();
    await receiver.close();
    const states = changes.filter((state) => state.protocol === 'http');
    expect(states.map(({ state }) => state)).toEqual(['starting', 'listening', 'stopped']);
    expect(states.map(({ port }) => port)).toEqual([0, httpPort, httpPort]);
  });

  test('a missing ::1 is left out, any other missing address is an error', async () => {
    // 192.0.2.1 is reserved for documentation: no machine has it.
    const missing = bindHosts(createServer, ['127.0.0.1', '192.0.2.1'], 0);
    await expect(missing).rejects.toMatchObject({ reason: 'failed', host: '192.0.2.1' });
    const { receiver } = idleReceiver();
    const [http] = await receiver.listen({ httpPort: 0, grpcPort: 0, hosts: ['192.0.2.1'] });
    expect(http).toMatchObject({ state: 'failed' });
    expect(http?.message).toContain('--host');
  });
});

describe.each(hasIpv6 ? HOSTS : ['127.0.0.1'])('a port taken on %s', (host) => {
  test('is reported with what to do, and nothing of it stays open', async () => {
    const port = await occupy(host);
    const { receiver } = idleReceiver();
    const [http, grpc] = await receiver.listen({ httpPort: port, grpcPort: 0, hosts: HOSTS });
    expect(http).toMatchObject({
      state: 'taken',
      port,
      hosts: [],
      message: `Port ${port} (OTLP/HTTP) is taken by another program. Stop it, or choose another port with --http-port.`,
    });
    expect(grpc?.state).toBe('listening');
    const other = host === '::1' ? '127.0.0.1' : '::1';
    expect(await probe(other, port)).toBe('ECONNREFUSED');
  });

  test('is the same for gRPC', async () => {
    const port = await occupy(host);
    const { receiver } = idleReceiver();
    const [http, grpc] = await receiver.listen({ httpPort: 0, grpcPort: port, hosts: HOSTS });
    expect(http?.state).toBe('listening');
    expect(grpc?.state).toBe('taken');
    expect(grpc?.message).toContain('--grpc-port');
    const other = host === '::1' ? '127.0.0.1' : '::1';
    expect(await probe(other, port)).toBe('ECONNREFUSED');
  });

  test('is passed over when a free port is drawn', async () => {
    const blocked = await occupy(host);
    let draws = 0;
    const bound = await bindHosts(
      () => {
        const server = createServer();
        // The first draw is steered onto the blocked port.
        if (draws++ === 0) {
          const listen = server.listen.bind(server) as (
            options: object,
            done: () => void,
          ) => Server;
          server.listen = ((options: object, done: () => void) =>
            listen(host === '::1' ? { ...options, port: blocked } : options, done)) as never;
        }
        return server;
      },
      HOSTS,
      0,
    );
    onTestFinished(() => closeServers(bound.servers));
    expect(bound.port).not.toBe(blocked);
  });
});

describe('the holder of a taken port', () => {
  test('is named when it is another Flametail', async () => {
    const first = await startReceiver();
    const { receiver, target } = idleReceiver();
    const [http, grpc] = await receiver.listen({
      httpPort: first.httpPort,
      grpcPort: first.grpcPort,
      hosts: HOSTS,
    });
    expect(http?.message).toContain(
      'taken by another Flametail (1.2.3), open at http://127.0.0.1:4319/. Use that one',
    );
    expect(grpc?.message).toContain('taken by another Flametail (1.2.3). Use that one');
    // No request was refused: the count of those has to stay true.
    expect(target.lines.map((line) => [line.label, line.outcome])).toEqual([
      ['TAKEN', 'warning'],
      ['TAKEN', 'warning'],
    ]);
    expect(first.target.lines.filter((line) => line.outcome === 'refused')).toEqual([]);
  });

  test('is unknown when it does not answer, or answers something else', async () => {
    const silent = await occupy('127.0.0.1');
    const web = await occupy(
      '127.0.0.1',
      createHttpServer((_, response) => response.end('{"ui":"http://evil.example/"}')),
    );
    const { receiver } = idleReceiver();
    const states = await receiver.listen({ httpPort: silent, grpcPort: web, hosts: HOSTS });
    for (const state of states) expect(state.message).toContain('taken by another program');
  });
});

describe('moving a port', () => {
  test('opens the new one and closes the old one', async () => {
    const { receiver, httpPort } = await startReceiver();
    const moved = await receiver.relisten('http', 0);
    expect(moved.state).toBe('listening');
    expect(await probe('127.0.0.1', httpPort)).toBe('ECONNREFUSED');
    expect(await probe('127.0.0.1', moved.port)).toBe('open');
  });

  test('keeps the old one when the new one is taken', async () => {
    const port = await occupy('127.0.0.1');
    const { receiver, httpPort } = await startReceiver();
    expect(await receiver.relisten('http', port)).toMatchObject({ state: 'taken', port });
    expect(receiver.states[0]).toMatchObject({ state: 'listening', port: httpPort });
    expect(await probe('127.0.0.1', httpPort)).toBe('open');
  });

  test('to where it is changes nothing', async () => {
    const { receiver, httpPort, changes } = await startReceiver();
    const before = changes.length;
    expect(await receiver.relisten('http', httpPort)).toBe(receiver.states[0]);
    expect(changes).toHaveLength(before);
  });

  test('takes a port that has become free', async () => {
    const stranger = createServer((socket) => socket.destroy());
    const port = await occupy('127.0.0.1', stranger);
    const { receiver } = idleReceiver();
    const [http] = await receiver.listen({ httpPort: port, grpcPort: 0, hosts: HOSTS });
    expect(http?.state).toBe('taken');
    stranger.close();
    await once(stranger, 'close');
    expect((await receiver.relisten('http', port)).state).toBe('listening');
  });
});

test('a bind error leaves no socket behind', async () => {
  const port = await occupy('127.0.0.1');
  const made: Server[] = [];
  const failing = bindHosts(
    () => {
      const server = createServer();
      made.push(server);
      return server;
    },
    ['::1', '127.0.0.1'],
    port,
  );
  await expect(failing).rejects.toBeInstanceOf(BindError);
  expect(made.every((server) => !server.listening)).toBe(true);
});

test('where addresses do not exclude each other, the port is asked before it is bound', async () => {
  const port = await occupy('0.0.0.0');
  let made = 0;
  const create = () => {
    made++;
    return createServer();
  };
  const failing = bindHosts(create, HOSTS, port, true);
  await expect(failing).rejects.toMatchObject({ reason: 'taken', host: '127.0.0.1' });
  expect(made).toBe(0);
  const free = await bindHosts(createServer, HOSTS, 0);
  await closeServers(free.servers);
  const bound = await bindHosts(createServer, HOSTS, free.port, true);
  expect(bound.port).toBe(free.port);
  await closeServers(bound.servers);
});
