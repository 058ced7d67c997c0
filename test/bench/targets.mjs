/**
 * What the benches are held against: the figure a bench gives, its target, and how it is written.
 * `atMost` or `atLeast` is in the figure's unit. A figure that no bench of a run gives is "not measured".
 */

const perSecond = (value) => `${(value / 1e6).toFixed(2)} M/s`;
const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const times = (value) => `${value.toFixed(1)} ×`;
const bytes = (value) => `${value.toFixed(1)} B`;
const megabytes = (value) => `${value.toFixed(0)} MB`;
const percent = (value) => `${value.toFixed(2)} %`;

export const TARGETS = [
  { what: 'Scan, spans', figure: 'scan.spans', atLeast: 4e6, show: perSecond },
  { what: 'Scan, log records', figure: 'scan.logs', atLeast: 8e6, show: perSecond },
  { what: 'Scan, data points', figure: 'scan.points', atLeast: 1.2e6, show: perSecond },
  {
    what: 'Scan of spans against protobufjs decode',
    figure: 'scan.spansRatio',
    atLeast: 12,
    show: times,
  },
  {
    what: 'Scan of log records against protobufjs decode',
    figure: 'scan.logsRatio',
    atLeast: 12,
    show: times,
  },
  {
    what: 'Scan of data points against protobufjs decode',
    figure: 'scan.pointsRatio',
    atLeast: 12,
    show: times,
  },
  {
    what: 'OTLP/JSON to protobuf bytes against JSON.parse and protobufjs encode',
    figure: 'json.ratio',
    atLeast: 3,
    show: times,
  },
  {
    what: 'OTLP/HTTP, 512-span bodies, 4 connections',
    figure: 'http.4',
    atLeast: 2e6,
    show: perSecond,
  },
  {
    what: 'OTLP/HTTP, 512-span bodies, 8 connections',
    figure: 'http.8',
    atLeast: 2e6,
    show: perSecond,
  },
  {
    what: 'OTLP/HTTP gzip, 4 connections',
    figure: 'http.gzip.4',
    atLeast: 1.2e6,
    show: perSecond,
  },
  {
    what: 'OTLP/HTTP gzip, 8 connections',
    figure: 'http.gzip.8',
    atLeast: 1.2e6,
    show: perSecond,
  },
  {
    what: 'Acknowledgement p99, HTTP, 4–8 connections',
    figure: 'http.p99',
    atMost: 10,
    show: ms,
  },
  { what: 'OTLP/gRPC, 8 connections', figure: 'grpc.8', atLeast: 1.5e6, show: perSecond },
  {
    what: 'OTLP/gRPC, 1 connection, 1 in flight',
    figure: 'grpc.1',
    atLeast: 0.8e6,
    show: perSecond,
  },
  {
    what: 'Memory per span beside its wire bytes, 1 M spans',
    figure: 'kept.bytes',
    atMost: 80,
    show: bytes,
  },
  { what: 'Full garbage collection, 1 M spans', figure: 'kept.fullGcMs', atMost: 10, show: ms },
  { what: 'Filter by column, 1 M spans', figure: 'query.column', atMost: 5, show: ms },
  { what: 'Filter by attribute, 1 M spans', figure: 'query.attribute', atMost: 150, show: ms },
  {
    what: 'Full text, case-sensitive, 1 M spans',
    figure: 'query.textExact',
    atMost: 250,
    show: ms,
  },
  {
    what: 'Full text, case-insensitive, 1 M spans',
    figure: 'query.textFolded',
    atMost: 600,
    show: ms,
  },
  { what: 'Longest slice of a search', figure: 'query.slice', atMost: 8, show: ms },
  {
    what: 'Layout of one trace of 100 k spans, parents looked up',
    figure: 'layout.100k',
    atMost: 10,
    show: ms,
  },
  {
    what: 'Layout of one trace of 1 M spans, parents looked up',
    figure: 'layout.1m',
    atMost: 100,
    show: ms,
  },
  { what: 'Merge of 1 M spans', figure: 'merge.1m', atMost: 300, show: ms },
  {
    what: 'Last byte to frame p99 at 10 k spans/s, open trace',
    figure: 'live.trace.10k',
    atMost: 100,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 10 k spans/s, log list',
    figure: 'live.logs.10k',
    atMost: 100,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 10 k spans/s, trace list',
    figure: 'live.traces.10k',
    atMost: 100,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 200 k spans/s, open trace',
    figure: 'live.trace.200k',
    atMost: 250,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 200 k spans/s, log list',
    figure: 'live.logs.200k',
    atMost: 250,
    show: ms,
  },
  {
    what: 'Last byte to frame p99 at 200 k spans/s, trace list',
    figure: 'live.traces.200k',
    atMost: 250,
    show: ms,
  },
  { what: 'Start to ready, browser mode', figure: 'start.readyMs', atMost: 400, show: ms },
  { what: 'Idle CPU', figure: 'start.idlePercent', atMost: 0.5, show: percent },
  { what: 'Resident memory, empty', figure: 'start.residentMb', atMost: 90, show: megabytes },
];
