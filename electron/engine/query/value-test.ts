/**
 * Whether one value fits a comparison: the values of a query, prepared once, against text bytes,
 * integers, doubles and bools as they stand in the wire format. docs/query.md says what is equal.
 */
import type { RegexTest } from '../config.ts';
import { decodeUtf8 } from '../wire/utf8.ts';
import { equalBytes, hashBytes } from '../store/hash.ts';
import type { CompareOp, NumberReading, Value } from './ast.ts';
import { ByteSet, compareBytes, Glob } from './bytes-test.ts';

/** A test on single values. Holds nothing of a store. */
export interface ValueTest {
  /** A text: UTF-8 in `bytes` [start, end). */
  text(bytes: Uint8Array, start: number, end: number): boolean;
  /** An int64 by its uint32 halves. */
  int(hi: number, lo: number): boolean;
  double(value: number): boolean;
  bool(value: boolean): boolean;
}

/** A number of a query: a double, or a bigint where a double is not exact. */
type Exact = number | bigint;

const encoder = new TextEncoder();
const HALF = 4294967296;
/** Integers whose upper half lies in [-2^21, 2^21) are exact as doubles. */
const SAFE_HI = 0x200000;

/** An int64 as an exact number. */
export function exactInt(hi: number, lo: number): Exact {
  const signed = hi | 0;
  if (signed >= -SAFE_HI && signed < SAFE_HI) return signed * HALF + (lo >>> 0);
  return BigInt.asIntN(64, (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
}

/** A reading in units of `unitNs`, when it is a duration; otherwise as it is. */
function exactReading(reading: NumberReading, unitNs: number): Exact {
  const { int, double } = reading;
  if (reading.unit !== 'duration' || unitNs === 1) return int === null ? double : small(int);
  if (int === null || int % BigInt(unitNs) !== 0n) return double / unitNs;
  return small(int / BigInt(unitNs));
}

function small(int: bigint): Exact {
  const double = Number(int);
  return Number.isSafeInteger(double) ? double : int;
}

/** Equal to one of the values. `!=` is this, too: what it makes of it is for the field to say. */
class EqualityTest implements ValueTest {
  readonly #texts: ByteSet;
  readonly #globs: readonly Glob[];
  readonly #numbers = new Set<number>();
  readonly #large: bigint[] = [];
  readonly #true: boolean;
  readonly #false: boolean;
  /** The integer that was asked last, and its verdict: many items in a row have the same. */
  #lastHi = 0;
  #lastLo = 0;
  #lastHolds: boolean;

  constructor(values: readonly Value[], unitNs: number) {
    this.#texts = new ByteSet(values.filter(({ glob }) => !glob).map(({ text }) => text));
    this.#globs = values.filter(({ glob }) => glob).map(({ text }) => new Glob(text));
    for (const { number } of values) {
      if (number === null) continue;
      const exact = exactReading(number, unitNs);
      if (typeof exact === 'bigint') this.#large.push(exact);
      else this.#numbers.add(exact);
    }
    const says = (word: string): boolean =>
      values.some(({ text, quoted, glob }) => text === word && !quoted && !glob);
    this.#true = says('true');
    this.#false = says('false');
    this.#lastHolds = this.double(0);
  }

  text(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#texts.has(bytes, start, end)) return true;
    for (const glob of this.#globs) if (glob.matches(bytes, start, end)) return true;
    return false;
  }

  int(hi: number, lo: number): boolean {
    if (lo === this.#lastLo && hi === this.#lastHi) return this.#lastHolds;
    const value = exactInt(hi, lo);
    const holds = typeof value === 'number' ? this.double(value) : this.#hasBig(value);
    this.#lastHi = hi;
    this.#lastLo = lo;
    this.#lastHolds = holds;
    return holds;
  }

  double(value: number): boolean {
    // A set takes NaN for equal to itself; here it equals nothing.
    if (this.#numbers.has(value) && !Number.isNaN(value)) return true;
    return this.#large.length > 0 && this.#large.some((large) => order(large, value) === 0);
  }

  bool(value: boolean): boolean {
    return value ? this.#true : this.#false;
  }

  #hasBig(value: bigint): boolean {
    if (this.#large.includes(value)) return true;
    const double = Number(value);
    return this.#numbers.has(double) && BigInt(double) === value;
  }
}

/** -1, 0, 1, or NaN when they cannot be compared; exact between a bigint and a double. */
function order(a: Exact, b: Exact): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a >= b ? 0 : NaN;
}

/** Less or greater than the one value: as numbers when it reads as one, otherwise as texts. */
class OrderTest implements ValueTest {
  readonly #op: '<' | '<=' | '>' | '>=';
  readonly #number: Exact | null;
  readonly #text: Uint8Array;

  constructor(op: '<' | '<=' | '>' | '>=', value: Value, unitNs: number) {
    this.#op = op;
    this.#number = value.number === null ? null : exactReading(value.number, unitNs);
    this.#text = encoder.encode(value.text);
  }

  text(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#number === null && this.#holds(compareBytes(bytes, start, end, this.#text));
  }

  int(hi: number, lo: number): boolean {
    return this.#number !== null && this.#holds(order(exactInt(hi, lo), this.#number));
  }

  double(value: number): boolean {
    return this.#number !== null && this.#holds(order(value, this.#number));
  }

  bool(): boolean {
    return false;
  }

  #holds(difference: number): boolean {
    switch (this.#op) {
      case '<':
        return difference < 0;
      case '<=':
        return difference <= 0;
      case '>':
        return difference > 0;
      case '>=':
        return difference >= 0;
    }
  }
}

/** A power of two. */
const RECENT = 256;
const LONGEST_RECENT = 256;

/** A regular expression on the text form. Verdicts on recent short texts are kept. */
class PatternTest implements ValueTest {
  readonly #regex: RegexTest;
  readonly #recent: (Uint8Array | undefined)[] = new Array(RECENT).fill(undefined);
  readonly #verdicts = new Uint8Array(RECENT);

  constructor(regex: RegexTest) {
    this.#regex = regex;
  }

  text(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length > LONGEST_RECENT) return this.#regex.test(decodeUtf8(bytes, start, end));
    const at = hashBytes(bytes, start, length) & (RECENT - 1);
    const recent = this.#recent[at];
    if (recent?.length === length && equalBytes(recent, 0, bytes, start, length)) {
      return this.#verdicts[at] === 1;
    }
    const verdict = this.#regex.test(decodeUtf8(bytes, start, end));
    this.#recent[at] = bytes.slice(start, end);
    this.#verdicts[at] = verdict ? 1 : 0;
    return verdict;
  }

  int(hi: number, lo: number): boolean {
    return this.#regex.test(String(exactInt(hi, lo)));
  }

  double(value: number): boolean {
    return this.#regex.test(doubleText(value));
  }

  bool(value: boolean): boolean {
    return this.#regex.test(String(value));
  }
}

/** A double in decimal, as it is shown. */
function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/**
 * The test of a comparison. `unitNs` is how many ns one of the attribute's numbers is; `regex` is the
 * compiled pattern of `~`.
 */
export function valueTest(
  op: CompareOp,
  values: readonly Value[],
  unitNs: number,
  regex: RegexTest | null,
): ValueTest {
  switch (op) {
    case '=':
    case '!=':
      return new EqualityTest(values, unitNs);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return new OrderTest(op, values[0], unitNs);
    case '~':
      if (regex === null) throw new Error('a pattern without its regular expression');
      return new PatternTest(regex);
  }
}

/** The same test on a text that is a string already. */
export function testText(test: ValueTest, text: string): boolean {
  const bytes = encoder.encode(text);
  return test.text(bytes, 0, bytes.length);
}

const UNIT_SUFFIX = /[._](ns|nanoseconds|us|microseconds|ms|milliseconds|s|seconds)$/;
const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  nanoseconds: 1,
  us: 1e3,
  microseconds: 1e3,
  ms: 1e6,
  milliseconds: 1e6,
  s: 1e9,
  seconds: 1e9,
};

/** How many ns one of the numbers of an attribute is, by the end of its key; 1 when that is silent. */
export function unitOfKey(key: string): number {
  const suffix = UNIT_SUFFIX.exec(key)?.[1];
  return suffix === undefined ? 1 : (UNIT_NS[suffix] ?? 1);
}
