/** The loads of the ingest bench: protocol × compression × body × connections, and the tools. */
import { gzipSync } from 'node:zlib';
import { forMs, httpLoad, times, type Sent } from '../../support/http-load.ts';
import { spanBody, type SpanBody } from '../../support/span-bodies.ts';
import type { Target } from './target-process.ts';
import { grpcLoad } from './grpc-load.ts';
import { percentile } from './stats.ts';
import { h2loadLoad, isInstalled, wrkLoad, type ToolSent } from './tool-load.ts';

/** What one window of load measured. */
export type Window = ToolSent;

export interface Cell {
  readonly name: string;
  readonly load: string;
  /** The name in `targets.ts`, when there is a target. */
  readonly figure?: string;
  readonly spansEach: number;
  /** False when one body is sent again and again. */
  readonly hasNewIds: boolean;
  /** Loads the target once; `isWarmUp` shorter than otherwise. */
  run(target: Target, isWarmUp: boolean): Promise<Window>;
}

export interface CellPlan {
  readonly smoke: boolean;
  /** Path of wrk-fresh.lua. */
  readonly wrkScript: string;
}

type Protocol = 'http' | 'grpc';

/** A kind of body, and how long a window of it is: a time, or a number where bodies were made ahead. */
interface Bodies {
  readonly name: string;
  readonly spans: number;
  readonly isGzip: boolean;
  next(): Uint8Array;
  more(isWarmUp: boolean): () => boolean;
}

const OURS = 'ours, new ids';
/** The cells with a target, by the names of their figures. */
const FIGURES = ['http.4', 'http.8', 'http.gzip.4', 'http.gzip.8', 'grpc.1', 'grpc.8'];

/** All cells, in the order in which they are measured. */
export async function ingestCells(plan: CellPlan): Promise<Cell[]> {
  const { smoke } = plan;
  const count = smoke ? 8 : 64;
  const large = Array.from({ length: count }, (_, index) => spanBody(512, index + 1));
  const small = Array.from({ length: count }, (_, index) => spanBody(2, index + 101));
  const kinds = [
    plainBodies(large, smoke ? 100 : 1000),
    gzipBodies(large, smoke ? 8 : 800),
    plainBodies(small, smoke ? 100 : 1000),
    gzipBodies(small, smoke ? 100 : 8000),
  ];
  const connections = smoke ? [1, 8] : [1, 4, 8];
  const cells = (['http', 'grpc'] as const).flatMap((protocol) =>
    kinds.flatMap((bodies) => connections.map((many) => ownCell(protocol, bodies, many))),
  );
  if (await isInstalled('wrk')) cells.push(...wrkCells(large[0], small[0], plan));
  if (await isInstalled('h2load')) cells.push(...h2loadCells(large[0], small[0], plan));
  return cells;
}

function ownCell(protocol: Protocol, bodies: Bodies, connections: number): Cell {
  const word = protocol === 'http' ? 'HTTP' : 'gRPC';
  const figure = `${protocol}${bodies.isGzip ? '.gzip' : ''}.${connections}`;
  return {
    name: nameOf(word + bodies.name, connections),
    load: OURS,
    spansEach: bodies.spans,
    hasNewIds: true,
    ...(bodies.spans === 512 && FIGURES.includes(figure) ? { figure } : {}),
    run: async (target, isWarmUp) => {
      const { isGzip, next } = bodies;
      const load = { connections, next, more: bodies.more(isWarmUp) };
      const headers = isGzip ? 'content-encoding: gzip\r\n' : '';
      const sent =
        protocol === 'http'
          ? await httpLoad({ ...load, port: target.httpPort, headers })
          : await grpcLoad({ ...load, port: target.grpcPort, isGzip });
      return windowOf(sent);
    },
  };
}

function nameOf(what: string, connections: number): string {
  return `${what}, ${connections} connection${connections === 1 ? '' : 's'}`;
}

/** '' for the bodies that most cells have. */
function kindOf({ spans }: SpanBody): string {
  return spans === 512 ? '' : `, ${spans}-span bodies`;
}

function windowOf({ requests, seconds, refused, latenciesMs }: Sent): Window {
  const p50Ms = percentile(latenciesMs, 0.5);
  return { requests, seconds, refused, p50Ms, p99Ms: percentile(latenciesMs, 0.99) };
}

function plainBodies(bodies: readonly SpanBody[], windowMs: number): Bodies {
  let index = 0;
  const [{ spans }] = bodies;
  return {
    name: kindOf(bodies[0]),
    spans,
    isGzip: false,
    next: () => {
      const body = bodies[index++ % bodies.length];
      body.freshen();
      return body.bytes;
    },
    more: (isWarmUp) => forMs(isWarmUp ? windowMs / 2 : windowMs),
  };
}

/** What three windows and a warm-up of half of one take. */
const POOL_WINDOWS = 3.5;

/** Compressed ahead of time, so that the load does not spend the machine on it. */
function gzipBodies(bodies: readonly SpanBody[], requests: number): Bodies {
  const plain = plainBodies(bodies, 0);
  const pool = Array.from({ length: requests * POOL_WINDOWS }, () =>
    gzipSync(plain.next(), { level: 1 }),
  );
  let index = 0;
  return {
    name: ` gzip${plain.name}`,
    spans: plain.spans,
    isGzip: true,
    next: () => pool[index++ % pool.length],
    more: (isWarmUp) => times(isWarmUp ? requests / 2 : requests),
  };
}

function wrkCells(large: SpanBody, small: SpanBody, { smoke, wrkScript }: CellPlan): Cell[] {
  const cell = (body: SpanBody, connections: number): Cell => ({
    name: nameOf(`HTTP${kindOf(body)}`, connections),
    load: 'wrk, new ids',
    spansEach: body.spans,
    hasNewIds: true,
    run: (target) => wrkLoad({ port: target.httpPort, connections, seconds: 1, body }, wrkScript),
  });
  if (smoke) return [cell(large, 8)];
  return [cell(large, 1), cell(large, 4), cell(large, 8), cell(small, 8)];
}

function h2loadCells(large: SpanBody, small: SpanBody, { smoke }: CellPlan): Cell[] {
  const cell = (body: SpanBody, connections: number): Cell => ({
    name: nameOf(`gRPC${kindOf(body)}`, connections),
    load: 'h2load, one body: duplicates',
    spansEach: body.spans,
    hasNewIds: false,
    run: (target) => h2loadLoad({ port: target.grpcPort, connections, seconds: 1, body }),
  });
  return smoke ? [cell(large, 8)] : [cell(large, 1), cell(large, 8), cell(small, 8)];
}
