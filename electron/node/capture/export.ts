/**
 * Writing captures: stored export requests to the bytes of a file, in slices, never the whole file
 * in memory.
 *
 * - `otlp.jsonl`: one export request a line as OTLP JSON, LF, UTF-8 (the Collector's file exporter).
 * - `otlp.pb`: 4-byte big-endian length, then the request's protobuf bytes, repeated.
 *
 * Each also inside one gzip stream.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ExportReader } from '../../engine/engine.ts';
import { requestToJson } from '../../engine/wire/proto-to-json.ts';
import type { ExportFormat, ExportRequest } from '../host/control.ts';
import type { Operation } from '../host/operations.ts';
import { writeFileWhole } from './atomic-file.ts';
import { Slices } from './slices.ts';

/** Small pieces are joined until a chunk is at least this long. */
const JOIN_BYTES = 64 * 1024;

export interface ExportSummary {
  readonly requests: number;
  /** Items or requests that were evicted before they could be written. */
  readonly lost: number;
}

/** The file's bytes, to be iterated once; `written` is complete when the iteration is. */
export interface ExportFile extends AsyncIterable<Uint8Array> {
  readonly written: ExportSummary;
}

/** Encodes what the reader holds. The caller closes the reader. Throws AbortError on cancel. */
export function exportCapture(
  reader: ExportReader,
  request: Pick<ExportRequest, 'format' | 'gzip'>,
  operation: Operation,
): ExportFile {
  let requests = 0;
  const plain = encodeRequests(reader, request.format, operation, () => {
    requests++;
  });
  const bytes = request.gzip ? gzip(plain) : plain;
  return {
    [Symbol.asyncIterator]: () => bytes[Symbol.asyncIterator](),
    get written() {
      return { requests, lost: reader.lost };
    },
  };
}

/** The same, to a file that appears whole or not at all. */
export async function exportToFile(
  reader: ExportReader,
  request: Pick<ExportRequest, 'format' | 'gzip'>,
  path: string,
  operation: Operation,
): Promise<ExportSummary & { readonly bytes: number }> {
  const file = exportCapture(reader, request, operation);
  const bytes = await writeFileWhole(path, file);
  return { ...file.written, bytes };
}

async function* encodeRequests(
  reader: ExportReader,
  format: ExportFormat,
  operation: Operation,
  counted: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const slices = new Slices();
  let doneBytes = 0;
  let requests = 0;
  let parts: Uint8Array[] = [];
  let partBytes = 0;
  for (;;) {
    await slices.breathe(operation.signal);
    const next = reader.next();
    if (next === null) break;
    if (next === 'searching') {
      await slices.pause(operation.signal);
      continue;
    }
    for (const part of encodeOne(format, next)) {
      parts.push(part);
      partBytes += part.byteLength;
    }
    counted();
    requests++;
    doneBytes += next.bytes.byteLength;
    operation.progress(doneBytes, requests);
    if (partBytes < JOIN_BYTES) continue;
    yield Buffer.concat(parts, partBytes);
    parts = [];
    partBytes = 0;
  }
  operation.progress(doneBytes, requests);
  if (partBytes > 0) yield Buffer.concat(parts, partBytes);
}

/** One request's bytes in the file. Copies: the reader's bytes are live views. */
function encodeOne(
  format: ExportFormat,
  { signal, bytes }: { readonly signal: Parameters<typeof requestToJson>[0]; bytes: Uint8Array },
): Uint8Array[] {
  switch (format) {
    case 'otlp.jsonl':
      return [requestToJson(signal, bytes), LINE_FEED];
    case 'otlp.pb': {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.byteLength);
      return [length, bytes.slice()];
    }
  }
}

const LINE_FEED = Buffer.from('\n');

async function* gzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zip = createGzip();
  const pump = pipeline(Readable.from(source, { objectMode: false }), zip);
  pump.catch(() => undefined); // The loop below throws the same error.
  for await (const chunk of zip) yield chunk as Uint8Array;
  await pump;
}
