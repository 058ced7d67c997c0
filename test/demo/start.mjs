#!/usr/bin/env node
/**
 * `npm run demo`: sends the bakery's telemetry to a running receiver until stopped (Ctrl+C).
 *   --rate N        requests a second (default 4)
 *   --for SECONDS   stop by itself
 * OTEL_EXPORTER_OTLP_ENDPOINT and FLAMETAIL_GRPC_PORT point it elsewhere than localhost:4318/4317.
 */
import { parseArgs } from 'node:util';
import { startBakery } from './bakery.mjs';

const { values } = parseArgs({
  options: { rate: { type: 'string', default: '4' }, for: { type: 'string' } },
});
const http = process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? 'http://localhost:4318';
const grpc = `http://localhost:${process.env.FLAMETAIL_GRPC_PORT ?? '4317'}`;
const rate = Number(values.rate);
if (!(rate > 0)) {
  console.error('--rate takes a number above 0.');
  process.exit(2);
}

const bakery = await startBakery({ http, grpc }, { requestsPerSecond: rate, gallery: true });
console.log(`The bakery is open: ${rate} requests a second, telemetry to ${http} and ${grpc}.`);
console.log('Press Ctrl+C to close it.');

async function close() {
  await bakery.stop();
  console.log(`Closed after ${bakery.requests()} requests.`);
  process.exit(0);
}
process.once('SIGINT', () => void close());
process.once('SIGTERM', () => void close());
if (values.for !== undefined) setTimeout(() => void close(), Number(values.for) * 1000);
