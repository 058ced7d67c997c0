/** The compressions that a body may come in, and the names that HTTP and gRPC headers have for them. */

/**
 * `deflate` is the zlib format, as HTTP says and the Collector reads it. `snappy` is the block format
 * or the framed one, told apart by their first bytes; `snappyFramed` is the framed one alone.
 */
export type Codec = 'gzip' | 'deflate' | 'zstd' | 'snappy' | 'snappyFramed';

/** A codec, or none. */
export type Compression = 'identity' | Codec;

const BY_NAME: ReadonlyMap<string, Compression> = new Map<string, Compression>([
  ['', 'identity'],
  // The Collector refuses `identity` by accident; it says what an absent header says.
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zlib', 'deflate'],
  ['zstd', 'zstd'],
  ['snappy', 'snappy'],
  ['x-snappy-framed', 'snappyFramed'],
]);

/** The compression that a header names; null when it is not one of ours, lists of them included. */
export function parseCompression(header: string | undefined): Compression | null {
  return BY_NAME.get(header?.trim().toLowerCase() ?? '') ?? null;
}

/** What to use instead of an unknown compression, for messages. */
export const COMPRESSION_HINT = 'Use gzip, zstd, deflate, snappy or none.';
