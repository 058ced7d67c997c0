/**
 * Finds the JSON objects of a stream: one a line (JSON Lines), or spread over many lines (a body
 * that somebody pretty-printed). Only braces, brackets and texts are looked at; whether an object
 * is right is for the decoder to say.
 *
 * A torn object does not take its successors with it: no JSON text holds a bare line feed, and a
 * line that begins with `{"resourceSpans"` or its kind inside an unfinished object can only be a new
 * one, because OTLP nests no such key.
 */
import type { Signal } from '../../../proto/otlp/signal.ts';
import { splitLines } from './byte-source.ts';

/** An object longer than this is passed over: no receiver takes a body of that size. */
export const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

export type JsonPiece =
  | {
      readonly type: 'object';
      /** Where it begins; lines count from 1. */
      readonly line: number;
      readonly bytes: Uint8Array;
      /** The signals whose keys it holds. */
      readonly signals: readonly Signal[];
    }
  | { readonly type: 'skipped'; readonly line: number; readonly reason: string };

const SIGNAL_OF_KEY: Readonly<Record<string, Signal>> = {
  resourceSpans: 'traces',
  resourceLogs: 'logs',
  resourceMetrics: 'metrics',
  resourceProfiles: 'profiles',
  resource_spans: 'traces',
  resource_logs: 'logs',
  resource_metrics: 'metrics',
  resource_profiles: 'profiles',
  // Of the requests, only that of profiles has a second field.
  dictionary: 'profiles',
};
const LONGEST_KEY = 'resource_profiles'.length;
const REQUEST_START =
  /^\s*\{\s*"resource(?:Spans|Logs|Metrics|Profiles|_spans|_logs|_metrics|_profiles)"/;
/** Enough of a line for REQUEST_START, with room for indentation. */
const START_BYTES = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const LINE_FEED = Uint8Array.of(0x0a);

const CUT_OFF = 'The object is cut off before its end.';

/** Yields pieces in order. `maxBytes` bounds what is held of one object. */
export async function* splitJson(
  source: AsyncIterable<Uint8Array>,
  maxBytes = MAX_OBJECT_BYTES,
): AsyncGenerator<JsonPiece, void, undefined> {
  const scanner = new ObjectScanner(maxBytes);
  for await (const line of splitLines(source, maxBytes)) {
    if (line.bytes === undefined) yield scanner.tooLong(line.number);
    else yield* scanner.scanLine(line.bytes, line.number);
  }
  yield* scanner.end();
}

/** Scans line after line; holds the parts of the object that is open. */
class ObjectScanner {
  readonly #maxBytes: number;
  #depth = 0;
  #startLine = 0;
  #parts: Uint8Array[] = [];
  #heldBytes = 0;
  #signals = new Set<Signal>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *scanLine(bytes: Uint8Array, number: number): Generator<JsonPiece, void, undefined> {
    if (this.#depth > 0 && startsRequest(bytes)) yield this.#drop(CUT_OFF);
    let at = 0;
    while (at < bytes.length) {
      if (this.#depth === 0) {
        at = skipSpace(bytes, at);
        if (at === bytes.length) return;
        if (bytes[at] !== 0x7b) {
          yield { type: 'skipped', line: number, reason: 'This is not a JSON object.' };
          return;
        }
        this.#startLine = number;
      }
      const end = this.#scan(bytes, at);
      if (end === 'torn') {
        yield this.#drop(CUT_OFF);
        return;
      }
      this.#hold(bytes.subarray(at, end));
      at = end;
      if (this.#heldBytes > this.#maxBytes) {
        yield this.#drop(`The object is longer than ${this.#maxBytes} bytes.`);
        return;
      }
      if (this.#depth === 0) yield this.#finish();
    }
    if (this.#depth > 0) this.#hold(LINE_FEED);
  }

  tooLong(number: number): JsonPiece {
    this.#startLine = this.#depth > 0 ? this.#startLine : number;
    return this.#drop(`The line is longer than ${this.#maxBytes} bytes.`);
  }

  *end(): Generator<JsonPiece, void, undefined> {
    if (this.#depth > 0) yield this.#drop(CUT_OFF);
  }

  /**
   * Moves through one line from `start` until the object ends or the line does; returns the offset
   * there, or `torn` when the line ends inside a text.
   */
  #scan(bytes: Uint8Array, start: number): number | 'torn' {
    let keyStart = -1;
    let keyEnd = -1;
    for (let at = start; at < bytes.length; at++) {
      switch (bytes[at]) {
        case QUOTE: {
          const close = closingQuote(bytes, at + 1);
          if (close < 0) return 'torn';
          if (this.#depth === 1) {
            keyStart = at + 1;
            keyEnd = close;
          }
          at = close;
          break;
        }
        case COLON:
          if (this.#depth === 1) this.#noteKey(bytes, keyStart, keyEnd);
          break;
        case 0x7b: // {
        case 0x5b: // [
          this.#depth++;
          break;
        case 0x7d: // }
        case 0x5d: // ]
          this.#depth--;
          if (this.#depth === 0) return at + 1;
          break;
        default:
          break;
      }
    }
    return bytes.length;
  }

  #noteKey(bytes: Uint8Array, start: number, end: number): void {
    if (start < 0 || end - start > LONGEST_KEY) return;
    const key = String.fromCharCode(...bytes.subarray(start, end));
    const signal = Object.hasOwn(SIGNAL_OF_KEY, key) ? SIGNAL_OF_KEY[key] : undefined;
    if (signal !== undefined) this.#signals.add(signal);
  }

  #hold(part: Uint8Array): void {
    this.#parts.push(part);
    this.#heldBytes += part.byteLength;
  }

  #finish(): JsonPiece {
    const [only] = this.#parts;
    const bytes =
      only !== undefined && this.#parts.length === 1
        ? only
        : Buffer.concat(this.#parts, this.#heldBytes);
    const signals = [...this.#signals];
    const line = this.#startLine;
    this.#reset();
    return { type: 'object', line, bytes, signals };
  }

  #drop(reason: string): JsonPiece {
    const line = this.#startLine;
    this.#reset();
    return { type: 'skipped', line, reason };
  }

  #reset(): void {
    this.#depth = 0;
    this.#parts = [];
    this.#heldBytes = 0;
    this.#signals = new Set();
  }
}

function startsRequest(line: Uint8Array): boolean {
  return REQUEST_START.test(Buffer.from(line.subarray(0, START_BYTES)).toString('latin1'));
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break;
    at++;
  }
  return at;
}

/** Offset of the quote that ends a text, or -1 when the line ends first. */
function closingQuote(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (at - 1 - slashes >= start && bytes[at - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}
