/**
 * What the benches are held against. A bench gives its figures by these names, in the unit of the
 * target; one that no bench of a run gives is "not measured".
 */

export interface Target {
  readonly what: string;
  /** Its name among the figures of the benches. */
  readonly figure: string;
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  /** Writes a figure with its unit. */
  show(value: number): string;
}

const perSecond = (value: number): string => `${(value / 1e6).toFixed(2)} M/s`;
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const times = (value: number): string => `${value.toFixed(1)} ×`;
const bytes = (value: number): string => `${value.toFixed(1)} B`;
const megabytes = (value: number): string => `${value.toFixed(0)} MB`;
const percent = (value: number): string => `${value.toFixed(2)} %`;

export const TARGETS: readonly Target[] = [
  { what: 'Scan, spans', figure: 'scan.spans', bound: 'at least', limit: 4e6, show: perSecond },
  {
    what: 'Scan, log records',
    figure: 'scan.logs',
    bound: 'at least',
    limit: 8e6,
    show: perSecond,
  },
  {
    what: 'Scan, data points',
    figure: 'scan.points',
    bound: 'at least',
    limit: 1.2e6,
    show: perSecond,
  },
  {
    what: 'Scan of spans against protobufjs decode',
    figure: 'scan.spansRatio',
    bound: 'at least',
    limit: 12,
    show: times,
  },
  {
    what: 'Scan of log records against protobufjs decode',
    figure: 'scan.logsRatio',
    bound: 'at least',
    limit: 12,
    show: times,
  },
  {
    what: 'Scan of data points against protobufjs decode',
    figure: 'scan.pointsRatio',
    bound: 'at least',
    limit: 12,
    show: times,
  },
  {
    what: 'OTLP/JSON to protobuf bytes against JSON.parse and protobufjs encode',
    figure: 'json.ratio',
    bound: 'at least',
    limit: 3,
    show: times,
  },
  {
    what: 'OTLP/HTTP, 512-span bodies, 4 connections',
    figure: 'http.4',
    bound: 'at least',
    limit: 2e6,
    show: perSecond,
  },
  {
    what: 'OTLP/HTTP, 512-span bodies, 8 connections',
    figure: 'http.8',
    bound: 'at least',
    limit: 2e6,
    show: perSecond,
  },
  {
    what: 'OTLP/HTTP gzip, 4 connections',
    figure: 'http.gzip.4',
    bound: 'at least',
    limit: 1.2e6,
    show: perSecond,
  },
  {
    what: 'OTLP/HTTP gzip, 8 connections',
    figure: 'http.gzip.8',
    bound: 'at least',
    limit: 1.2e6,
    show: perSecond,
  },
  {
    what: 'Acknowledgement p99, HTTP, 4–8 connections',
    figure: 'http.p99',
    bound: 'at most',
    limit: 10,
    show: ms,
  },
  {
    what: 'OTLP/gRPC, 8 connections',
    figure: 'grpc.8',
    bound: 'at least',
    limit: 1.5e6,
    show: perSecond,
  },
  {
    what: 'OTLP/gRPC, 1 connection, 1 in flight',
    figure: 'grpc.1',
    bound: 'at least',
    limit: 0.8e6,
    show: perSecond,
  },
  {
    what: 'Memory per span beside its wire bytes, 1 M spans',
    figure: 'kept.bytes',
    bound: 'at most',
    limit: 80,
    show: bytes,
  },
  {
    what: 'Full garbage collection, 1 M spans',
    figure: 'kept.fullGcMs',
    bound: 'at most',
    limit: 10,
    show: ms,
  },
  {
    what: 'Filter by column, 1 M spans',
    figure: 'query.column',
    bound: 'at most',
    limit: 5,
    show: ms,
  },
  {
    what: 'Filter by attribute, 1 M spans',
    figure: 'query.attribute',
    bound: 'at most',
    limit: 150,
    show: ms,
  },
  {
    what: 'Full text, whatever the case, 1 M spans',
    figure: 'query.text',
    bound: 'at most',
    limit: 600,
    show: ms,
  },
  {
    what: 'Longest slice of a search',
    figure: 'query.slice',
    bound: 'at most',
    limit: 8,
    show: ms,
  },
  {
    what: 'Layout of one trace of 100 k spans, parents looked up',
    figure: 'layout.100k',
    bound: 'at most',
    limit: 10,
    show: ms,
  },
  {
    what: 'Layout of one trace of 1 M spans, parents looked up',
    figure: 'layout.1m',
    bound: 'at most',
    limit: 100,
    show: ms,
  },
  { what: 'Merge of 1 M spans', figure: 'merge.1m', bound: 'at most', limit: 300, show: ms },
  {
    what: 'Last byte to frame p99 at 10 k spans/s, open trace',
    figure: 'live.trace.10k',
    bound: 'at most',
    limit: 100,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 10 k spans/s, log list',
    figure: 'live.logs.10k',
    bound: 'at most',
    limit: 100,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 10 k spans/s, trace list',
    figure: 'live.traces.10k',
    bound: 'at most',
    limit: 100,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 200 k spans/s, open trace',
    figure: 'live.trace.200k',
    bound: 'at most',
    limit: 250,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 200 k spans/s, log list',
    figure: 'live.logs.200k',
    bound: 'at most',
    limit: 250,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 200 k spans/s, trace list',
    figure: 'live.traces.200k',
    bound: 'at most',
    limit: 250,
    show: ms,
  },
  {
    what: 'Start to ready, browser mode',
    figure: 'start.readyMs',
    bound: 'at most',
    limit: 400,
    show: ms,
  },
  { what: 'Idle CPU', figure: 'start.idlePercent', bound: 'at most', limit: 0.5, show: percent },
  {
    what: 'Resident memory, empty',
    figure: 'start.residentMb',
    bound: 'at most',
    limit: 90,
    show: megabytes,
  },
  {
    what: 'First picture of a trace of 10 k spans after the click',
    figure: 'draw.first.10k',
    bound: 'at most',
    limit: 50,
    show: ms,
  },
  {
    what: 'First picture of a trace of 100 k spans after the click',
    figure: 'draw.first.100k',
    bound: 'at most',
    limit: 150,
    show: ms,
  },
  {
    what: 'First picture of a trace of 1 M spans after the click',
    figure: 'draw.first.1m',
    bound: 'at most',
    limit: 800,
    show: ms,
  },
  {
    what: 'Frame while panning 1 M spans, p95',
    figure: 'draw.pan.1m',
    bound: 'at most',
    limit: 16.7,
    show: ms,
  },
  {
    what: 'Frame while 50 k spans/s arrive in the open trace, p95',
    figure: 'frames.trace',
    bound: 'at most',
    limit: 16.7,
    show: ms,
  },
  {
    what: 'Frame while 50 k spans/s arrive, merged flame graph, p95',
    figure: 'frames.flame',
    bound: 'at most',
    limit: 16.7,
    show: ms,
  },
  {
    what: 'Frame while 50 k spans/s arrive, the list of traces, p95',
    figure: 'frames.traces',
    bound: 'at most',
    limit: 16.7,
    show: ms,
  },
  {
    what: 'Frame while 50 k spans/s arrive, the list of spans, p95',
    figure: 'frames.spans',
    bound: 'at most',
    limit: 16.7,
    show: ms,
  },
  {
    what: 'Frame while 50 k spans/s arrive, the slowest spans first, p95',
    figure: 'frames.sorted',
    bound: 'at most',
    limit: 16.7,
    show: ms,
  },
];
