/** Bodies of every signal in both encodings, and every compression that the receiver undoes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync } from 'node:zlib';
import snappy from 'snappyjs';
import { crc32c } from '../../electron/node/receiver/crc32c.ts';
import type { Signal } from '../../proto/otlp/signal.ts';
import type { BodyEncoding } from '../../electron/engine/config.ts';
import { decodeMessage, protoType, type Plain } from '../support/otlp/proto-root.ts';
import type { Answer } from './receiver-support.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** The bytes of a fixture file. */
export function fixture(path: string): Buffer {
  return readFileSync(FIXTURES + path);
}

const SAMPLE: Readonly<Record<Signal, string>> = {
  traces: 'traces-sdk',
  logs: 'logs-sdk',
  metrics: 'metrics-sdk',
  profiles: 'profiles-small',
};

/** One request of a signal: what the SDK sends, and for profiles one with a shared dictionary. */
export function sampleBody(signal: Signal, encoding: BodyEncoding): Buffer {
  return fixture(`otlp/${SAMPLE[signal]}.${encoding === 'json' ? 'json' : 'pb'}`);
}

/** The media type of each encoding. */
export const TYPE: Readonly<Record<BodyEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** Both encodings. */
export const ENCODINGS: readonly BodyEncoding[] = ['protobuf', 'json'];

/** The google.rpc.Status of an answer, which is in the encoding of the request. */
export function statusOf(answer: Answer): { code: number; message: string; details?: Plain[] } {
  const type = answer.headers['content-type'];
  const status =
    type === TYPE.json
      ? (JSON.parse(answer.body.toString()) as Plain)
      : decodeMessage(protoType('google.rpc.Status'), answer.body);
  return status as { code: number; message: string; details?: Plain[] };
}

const ZSTD_BLOCK_BYTES = 128 * 1024;

/** One zstd frame of plain blocks: an encoder that compresses nothing. */
export function storeZstd(bytes: Uint8Array): Buffer {
  // Magic; no checksum, size in 8 bytes; a window of 128 KB.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0x38, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.byteLength, 6);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at === 0 || at < bytes.byteLength; at += ZSTD_BLOCK_BYTES) {
    const block = bytes.subarray(at, at + ZSTD_BLOCK_BYTES);
    const isLast = at + ZSTD_BLOCK_BYTES >= bytes.byteLength;
    parts.push(zstdBlock(0, block.byteLength, isLast), block);
  }
  return Buffer.concat(parts);
}

/** A zstd frame of `count` blocks, each one byte 128 KB long, with or without its size up front. */
export function repeatZstd(count: number, isSized: boolean): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, isSized ? 0x80 : 0, 0x38]);
  const size = Buffer.alloc(isSized ? 4 : 0);
  if (isSized) size.writeUInt32LE(count * ZSTD_BLOCK_BYTES);
  const blocks = Array.from({ length: count }, (_, index) =>
    Buffer.concat([zstdBlock(1, ZSTD_BLOCK_BYTES, index === count - 1), Buffer.of(7)]),
  );
  return Buffer.concat([head, size, ...blocks]);
}

function zstdBlock(type: number, size: number, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
  return header;
}

/** The start of every framed snappy stream. */
export const SNAPPY_START = Buffer.from([0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]);

/** One chunk of framed snappy: type 0 compresses, type 1 does not, others hold the bytes alone. */
export function snappyChunk(type: number, bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  const data = type === 0 ? Buffer.from(snappy.compress(Buffer.from(bytes))) : bytes;
  const content = type < 2 ? Buffer.concat([sum, data]) : data;
  const head = Buffer.alloc(4);
  head.writeUIntLE(content.byteLength, 1, 3);
  head[0] = type;
  return Buffer.concat([head, content]);
}

function frameSnappy(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [SNAPPY_START];
  for (let at = 0; at < bytes.byteLength; at += 65536) {
    parts.push(snappyChunk(at % 131072 === 0 ? 0 : 1, bytes.subarray(at, at + 65536)));
  }
  return Buffer.concat(parts);
}

/** A Content-Encoding and how to make it. */
export interface Coding {
  readonly title: string;
  readonly name: string;
  pack(bytes: Buffer): Buffer;
}

/** Every coding that the Collector's receiver takes but lz4, under each of its names. */
export const CODINGS: readonly Coding[] = [
  { title: 'gzip', name: 'gzip', pack: (bytes) => gzipSync(bytes) },
  { title: 'deflate, which is zlib', name: 'deflate', pack: (bytes) => deflateSync(bytes) },
  { title: 'zlib', name: 'zlib', pack: (bytes) => deflateSync(bytes) },
  { title: 'zstd', name: 'zstd', pack: storeZstd },
  { title: 'a snappy block', name: 'snappy', pack: (bytes) => Buffer.from(snappy.compress(bytes)) },
  { title: 'framed snappy labelled as snappy', name: 'snappy', pack: frameSnappy },
  { title: 'framed snappy', name: 'x-snappy-framed', pack: frameSnappy },
];
