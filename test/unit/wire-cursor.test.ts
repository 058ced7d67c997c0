import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { Cursor, WireError } from '../../electron/engine/wire/cursor.ts';
import { Writer } from '../../electron/engine/wire/writer.ts';
import { seededRandom } from '../support/otlp/random.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function written(write: (out: Writer) => void): Uint8Array {
  const out = new Writer(0);
  write(out);
  return out.finish();
}

describe('the cursor', () => {
  it('reads varints of every length like protobufjs', () => {
    const random = seededRandom(4711);
    for (let bits = 0; bits <= 64; bits++) {
      const value =
        bits === 0 ? 0n : BigInt.asUintN(bits, random.uint64()) | (1n << BigInt(bits - 1));
      const encoded = new protobuf.Writer().uint64(String(value)).finish();
      expect(new Cursor(encoded).uint64Big()).toBe(value);
      expect(new Cursor(encoded).varint32()).toBe(Number(value & 0xffffffffn));
      const skipped = new Cursor(encoded);
      skipped.skipVarint();
      expect(skipped.pos).toBe(encoded.length);
      const ours = written((out) =>
        out.varint64(Number(value >> 32n), Number(value & 0xffffffffn)),
      );
      expect([...ours]).toEqual([...encoded]);
    }
  });

  it('reads numbers of every type as they were written', () => {
    const cursor = new Cursor(
      bytes(
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        1,
        3,
        0,
        0,
        0,
        0,
        0,
        0,
        0xf8,
        0x7f,
      ),
    );
    expect(cursor.int64Big()).toBe(-1n);
    expect(cursor.sint32()).toBe(-2);
    expect(cursor.double()).toBe(NaN);
    expect(new Cursor(bytes(0xff, 0xff, 0xff, 0xff, 0x0f)).int32()).toBe(-1);
    expect(new Cursor(bytes(0xfe, 0xff, 0xff, 0xff)).fixed32()).toBe(4294967294);
    expect(new Cursor(bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).sfixed64Big()).toBe(
      -1n,
    );
  });

  it('never lets a nested length reach past the message around it', () => {
    const cursor = new Cursor(bytes(0x0a, 3, 0x0a, 2, 7, 9, 9));
    cursor.tag();
    const outer = cursor.enter();
    cursor.tag();
    expect(() => cursor.enter()).toThrow(/reaches past the end/);
    expect(outer).toBe(7);
  });

  it('goes on behind a nested message wherever reading it stopped', () => {
    const cursor = new Cursor(bytes(0x0a, 2, 1, 1, 0x10, 5));
    cursor.tag();
    const outer = cursor.enter();
    cursor.leave(outer);
    expect(cursor.tag()).toBe(0x10);
    expect(cursor.varint32()).toBe(5);
    expect(cursor.tag()).toBe(0);
  });

  it.each([
    ['a field number 0', bytes(0x00)],
    ['a field number 0 in two bytes', bytes(0x80, 0x00)],
    ['a group', bytes(0x0b)],
    ['a group end', bytes(0x0c)],
    ['wire type 6', bytes(0x0e)],
    ['wire type 7', bytes(0x0f)],
    ['a tag beyond 32 bits', bytes(0x80, 0x80, 0x80, 0x80, 0x10)],
    ['a cut tag', bytes(0x80)],
    ['a cut varint', bytes(0x08, 0xff)],
    ['a varint of eleven bytes', bytes(0x08, ...new Array<number>(10).fill(0x80), 1)],
    ['a cut fixed32', bytes(0x0d, 1, 2, 3)],
    ['a cut fixed64', bytes(0x09, 1, 2, 3)],
    ['a length past the end', bytes(0x0a, 2, 1)],
    ['a length beyond 32 bits', bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)],
  ])('refuses %s', (_what, input) => {
    const read = (): void => {
      const cursor = new Cursor(input);
      for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) cursor.skip(tag);
    };
    expect(read).toThrow(WireError);
    expect(read).toThrow(/\(at byte \d+\)$/);
  });

  it('does not read outside its range when there are bytes behind it', () => {
    expect(() => new Cursor(bytes(0x80, 1, 1), 0, 1).varint32()).toThrow(WireError);
    expect(() => new Cursor(new Uint8Array(9), 0, 7).fixed64()).toThrow(WireError);
    expect(() => new Cursor(bytes()).reset(bytes(1), 0, 2)).toThrow(RangeError);
  });
});

describe('the writer', () => {
  it.each([0, 127, 128, 16_383, 16_384, 2_097_152])('nests a message of %i bytes', (length) => {
    const payload = new Uint8Array(length).fill(7);
    const ours = written((out) => {
      const mark = out.open(3);
      out.raw(payload);
      out.close(mark);
      out.uintField(1, 1);
    });
    const theirs = new protobuf.Writer().uint32(26).bytes(payload).uint32(8).uint32(1).finish();
    expect(Buffer.compare(ours, theirs)).toBe(0);
  });
});
