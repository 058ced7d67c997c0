/** Acknowledged and indexed spans per second through the built program's real receivers. */
import { gzipSync } from 'node:zlib';
import { Client, credentials } from '@grpc/grpc-js';
import { startProgram, type Program } from '../support/program.ts';
import { forMs, httpLoad, type Sent } from '../support/http-load.ts';
import { spanBody, type SpanBody } from '../support/span-bodies.ts';
import { millions, percentile, spreadOf, type BenchOptions } from './support/stats.ts';

export const title = 'Ingest: acknowledged and indexed, load from a separate process';

const SPANS = 512;
const BODIES = 64;
const WINDOWS = 3;
const GRPC_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

interface Cell {
  readonly name: string;
  run(program: Program, durationMs: number): Promise<{ sent: Sent; spansEach: number }>;
}

export async function run({ smoke, root }: BenchOptions): Promise<string[]> {
  const windowMs = smoke ? 200 : 2000;
  const bodies = Array.from({ length: BODIES }, (_, index) => spanBody(SPANS, index + 1));
  const small = Array.from({ length: BODIES }, (_, index) => spanBody(2, index + 101));
  const cells: Cell[] = [
    ...[1, 4, 8].map((connections) =>
      httpCell(`HTTP, ${connections} connections`, connections, bodies),
    ),
    httpCell('HTTP, 2-span bodies, 8 connections', 8, small),
    gzipCell('HTTP gzip, 8 connections', 8, bodies, smoke ? 64 : 1500),
    grpcCell('gRPC, 1 connection, 1 in flight', 1, bodies),
    grpcCell('gRPC, 8 connections', 8, bodies),
  ];
  const lines = [
    `${SPANS}-span protobuf bodies of about ${Math.round(bodies[0].bytes.byteLength / SPANS)} B a span unless named; ids fresh in every request; median of ${WINDOWS} windows (lowest to highest). The load is our own (raw sockets, and the client of @grpc/grpc-js) and shares the machine: wrk and h2load repeat one body, which a store that drops duplicates does not keep.`,
    '',
    '| what | spans/s | requests/s | p50 | p99 | refused |',
    '|---|---|---|---|---|---|',
  ];
  for (const cell of cells) lines.push(await measure(cell, root, windowMs));
  return lines;
}

async function measure(cell: Cell, root: string, windowMs: number): Promise<string> {
  const program = await startProgram(root);
  await cell.run(program, windowMs / 2);
  const rates: number[] = [];
  const requests: number[] = [];
  const latencies: number[] = [];
  let refused = 0;
  for (let index = 0; index < WINDOWS; index++) {
    const { sent, spansEach } = await cell.run(program, windowMs);
    rates.push(((sent.requests - sent.refused) * spansEach) / sent.seconds);
    requests.push(sent.requests / sent.seconds);
    latencies.push(...sent.latenciesMs);
    refused += sent.refused;
  }
  await program.stop();
  const perSecond = Math.round(spreadOf(requests).median);
  const p = (share: number): string => `${percentile(latencies, share).toFixed(2)} ms`;
  return `| ${cell.name} | ${millions(spreadOf(rates))} | ${perSecond} | ${p(0.5)} | ${p(0.99)} | ${refused} |`;
}

function rotation(bodies: readonly SpanBody[]): () => SpanBody {
  let index = 0;
  return () => {
    const body = bodies[index++ % bodies.length];
    body.freshen();
    return body;
  };
}

function httpCell(name: string, connections: number, bodies: readonly SpanBody[]): Cell {
  const next = rotation(bodies);
  return {
    name,
    run: async (program, durationMs) => ({
      spansEach: bodies[0].spans,
      sent: await httpLoad({
        port: program.httpPort,
        connections,
        more: forMs(durationMs),
        headers: '',
        next: () => next().bytes,
      }),
    }),
  };
}

/** Compresses ahead of time, so that the load does not spend the machine on it. */
function gzipCell(
  name: string,
  connections: number,
  bodies: readonly SpanBody[],
  count: number,
): Cell {
  const next = rotation(bodies);
  let packed: Buffer[] = [];
  return {
    name,
    run: async (program, durationMs) => {
      packed = Array.from({ length: count }, () => gzipSync(next().bytes, { level: 1 }));
      let index = 0;
      const sent = await httpLoad({
        port: program.httpPort,
        connections,
        more: forMs(Math.min(durationMs, 600)),
        headers: 'content-encoding: gzip\r\n',
        next: () => packed[index++ % packed.length],
      });
      return { sent, spansEach: bodies[0].spans };
    },
  };
}

function grpcCell(name: string, connections: number, bodies: readonly SpanBody[]): Cell {
  const next = rotation(bodies);
  return {
    name,
    run: async (program, durationMs) => {
      const started = performance.now();
      const until = started + durationMs;
      const latenciesMs: number[] = [];
      let refused = 0;
      await Promise.all(
        Array.from({ length: connections }, async () => {
          const client = new Client(`127.0.0.1:${program.grpcPort}`, credentials.createInsecure(), {
            'grpc.use_local_subchannel_pool': 1,
          });
          while (performance.now() < until) {
            const sentAt = performance.now();
            const ok = await grpcSend(client, next().bytes);
            latenciesMs.push(performance.now() - sentAt);
            if (!ok) refused++;
          }
          client.close();
        }),
      );
      const seconds = (performance.now() - started) / 1000;
      return {
        spansEach: bodies[0].spans,
        sent: { requests: latenciesMs.length, seconds, latenciesMs, refused },
      };
    },
  };
}

function grpcSend(client: Client, body: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      GRPC_PATH,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      body,
      (error) => {
        resolve(error === null);
      },
    );
  });
}
