/**
 * Reading captures: a file's bytes to export requests for the engine, in slices. The format is told
 * by content, never by name:
 *
 * ```
 *   1f 8b ......................... gzip of one of the others
 *   space, byte order mark, { ..... OTLP JSON: one request a line, or one body over many lines
 *   4-byte big-endian length ...... OTLP protobuf messages
 * ```
 * What cannot be read is skipped with where and why, and the rest goes on. Cost in memory: one
 * request and a few chunks.
 */
import { createReadStream } from 'node:fs';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { BodyEncoding, IngestResult } from '../../engine/config.ts';
import type { ImportResult } from '../host/control.ts';
import { HostFailure } from '../host/failure.ts';
import type { Operation } from '../host/operations.ts';
import { ByteSource, gunzip } from './byte-source.ts';
import { ImportTally } from './import-tally.ts';
import { splitJson } from './json-values.ts';
import { classifyRequest } from './request-signal.ts';
import { Slices } from './slices.ts';

/** The engine, as an import needs it. */
export interface ImportTarget {
  ingest(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
    encoding: BodyEncoding,
  ): IngestResult;
}

/** A protobuf message longer than this is taken for a broken length. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

const READ_CHUNK_BYTES = 256 * 1024;
/** A byte order mark and spaces are passed over within this many bytes. */
const SNIFF_BYTES = 256;

/**
 * Imports a file's bytes; its rows are visible when it resolves. Rejects with HostFailure `badFile`
 * when the content is of no known format, and with AbortError on cancel (what was read by then
 * stays). An empty file is an empty capture.
 */
export async function importCapture(
  target: ImportTarget,
  source: AsyncIterable<Uint8Array>,
  operation: Operation,
): Promise<ImportResult> {
  const tally = new ImportTally();
  const counted = countBytes(source, tally, operation);
  const outer = new ByteSource(counted);
  try {
    const head = await outer.peek(2);
    const isZip = head[0] === 0x1f && head[1] === 0x8b;
    if (isZip) await importZipped(target, outer, tally, operation);
    else await importPlain(target, outer, tally, operation);
  } finally {
    await outer.close();
  }
  return tally.result();
}

/** Imports a file by path. */
export function importFromFile(
  target: ImportTarget,
  path: string,
  operation: Operation,
): Promise<ImportResult> {
  const file = createReadStream(path, { highWaterMark: READ_CHUNK_BYTES });
  return importCapture(target, file as AsyncIterable<Buffer>, operation);
}

async function* countBytes(
  source: AsyncIterable<Uint8Array>,
  tally: ImportTally,
  operation: Operation,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of source) {
    operation.signal.throwIfAborted();
    yield chunk;
    bytes += chunk.byteLength;
    operation.progress(bytes, tally.items);
  }
}

async function importZipped(
  target: ImportTarget,
  outer: ByteSource,
  tally: ImportTally,
  operation: Operation,
): Promise<void> {
  try {
    await importPlain(target, new ByteSource(gunzip(outer.rest())), tally, operation);
  } catch (error) {
    if (!isZlibError(error)) throw error;
    tally.skip('the end of the gzip stream', `It is cut off or damaged: ${error.message}.`);
  }
}

function isZlibError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('Z_')
  );
}

async function importPlain(
  target: ImportTarget,
  source: ByteSource,
  tally: ImportTally,
  operation: Operation,
): Promise<void> {
  const format = detect(await source.peek(SNIFF_BYTES));
  switch (format) {
    case 'empty':
      return;
    case 'json':
      return importJson(target, source, tally, operation);
    case 'protobuf':
      return importProtobuf(target, source, tally, operation);
    case 'unknown':
      throw new HostFailure({
        code: 'badFile',
        message:
          'This is not a file that Flametail reads. It reads OTLP JSON Lines (.otlp.jsonl), ' +
          'length-delimited OTLP protobuf (.otlp.pb), one OTLP JSON body, and .gz of these.',
      });
  }
}

type Format = 'empty' | 'json' | 'protobuf' | 'unknown';

/** What the first bytes of a plain file say. */
function detect(head: Uint8Array): Format {
  if (head.byteLength === 0) return 'empty';
  const text = Buffer.from(head).toString('latin1');
  const content = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (content === '' && head.byteLength < SNIFF_BYTES) return 'empty';
  if (content.startsWith('{')) return 'json';
  if (head.byteLength < 4) return 'unknown';
  const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0);
  if (length > MAX_MESSAGE_BYTES) return 'unknown';
  // A request begins with its first resource group (0a), or with a dictionary (12); or it is empty.
  const first = head[4];
  return length === 0 || first === 0x0a || first === 0x12 ? 'protobuf' : 'unknown';
}

async function importJson(
  target: ImportTarget,
  source: ByteSource,
  tally: ImportTally,
  operation: Operation,
): Promise<void> {
  const slices = new Slices();
  const head = await source.peek(3);
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) await source.take(3);
  for await (const piece of splitJson(source.rest())) {
    await slices.breathe(operation.signal);
    const where = `line ${piece.line}`;
    if (piece.type === 'skipped') {
      tally.skip(where, piece.reason);
      continue;
    }
    if (piece.signals.length === 0) tally.skip(where, NOT_OTLP);
    for (const signal of piece.signals) {
      const { bytes } = piece;
      tally.add(where, signal, target.ingest(signal, [bytes], bytes.byteLength, 'json'));
    }
  }
}

const NOT_OTLP =
  'It holds none of resourceSpans, resourceLogs, resourceMetrics and resourceProfiles.';

async function importProtobuf(
  target: ImportTarget,
  source: ByteSource,
  tally: ImportTally,
  operation: Operation,
): Promise<void> {
  const slices = new Slices();
  let offset = 0;
  for (let message = 1; ; message++) {
    await slices.breathe(operation.signal);
    const where = `message ${message} at byte ${offset}`;
    const prefix = await source.take(4);
    if (prefix === undefined) {
      if (source.buffered > 0) tally.skip(where, 'Its length is cut off.');
      return;
    }
    const length = new DataView(prefix.buffer, prefix.byteOffset, 4).getUint32(0);
    if (length > MAX_MESSAGE_BYTES) {
      tally.skip(where, `It claims ${length} bytes, so nothing behind it can be found either.`);
      return;
    }
    const bytes = await source.take(length);
    if (bytes === undefined) {
      tally.skip(where, `It claims ${length} bytes, but only ${source.buffered} follow.`);
      return;
    }
    offset += 4 + length;
    importMessage(target, bytes, where, tally);
  }
}

function importMessage(
  target: ImportTarget,
  bytes: Uint8Array,
  where: string,
  tally: ImportTally,
): void {
  const classified = classifyRequest(bytes);
  switch (classified.type) {
    case 'empty':
      return;
    case 'unknown':
      tally.skip(where, classified.reason);
      return;
    case 'signal': {
      const { signal } = classified;
      tally.add(where, signal, target.ingest(signal, [bytes], bytes.byteLength, 'protobuf'));
      return;
    }
  }
}
