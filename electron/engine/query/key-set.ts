/** The names of an attribute that is looked for, prepared for a walk over encoded attributes. */
import type { ValueTest } from './value-test.ts';

const encoder = new TextEncoder();

/** One name of an attribute, and the test of its values; null only asks whether it is there. */
export class KeyTest {
  readonly key: Uint8Array;
  readonly test: ValueTest | null;
  /** 1 where a prefix of this length is followed by a dot; null when the key has none. */
  readonly dots: Uint8Array | null;
  readonly name: string;
  /** The key four bytes at a time, little-endian; what is left over of its end is not in it. */
  readonly #words: Uint32Array;

  constructor(name: string, test: ValueTest | null) {
    this.name = name;
    this.key = encoder.encode(name);
    this.test = test;
    const view = new DataView(this.key.buffer, this.key.byteOffset, this.key.byteLength);
    this.#words = Uint32Array.from({ length: this.key.length >>> 2 }, (_, i) =>
      view.getUint32(i * 4, true),
    );
    this.dots = name.includes('.') ? this.key.map((byte) => (byte === 0x2e ? 1 : 0)) : null;
  }

  /** Whether the bytes at `start`, as many as the key has, are the key. Hot loop. */
  isAt(view: DataView, start: number): boolean {
    const words = this.#words;
    let at = start;
    for (let i = 0; i < words.length; i++, at += 4) {
      if (view.getUint32(at, true) !== words[i]) return false;
    }
    const { key } = this;
    for (let i = words.length * 4; i < key.length; i++, at++) {
      if (view.getUint8(at) !== key[i]) return false;
    }
    return true;
  }
}

/** What a key of some length may be: none of the names, one that begins alike, or any. */
export const LENGTH = { none: 0, sameHead: 1, any: 2 } as const;

/** The names of one attribute. */
export class KeySet {
  readonly tests: readonly KeyTest[];
  /**
   * By the first byte of a key's length: what LENGTH says of keys that are one of them or hold one.
   * Lengths of more than a byte may be any.
   */
  readonly lengths = new Uint8Array(256).fill(LENGTH.any, 128);
  /** By length, where they begin alike: the first four bytes, little-endian. */
  readonly heads = new Uint32Array(128);

  constructor(tests: readonly KeyTest[]) {
    this.tests = tests;
    for (const { key, dots } of tests) {
      this.#add(key, key.length);
      dots?.forEach((isDot, at) => {
        if (isDot === 1) this.#add(key, at);
      });
    }
  }

  #add(key: Uint8Array, length: number): void {
    if (length >= 128) return;
    const head = key[0] | (key[1] << 8) | (key[2] << 16) | (key[3] << 24);
    const known = this.lengths[length];
    const isSame =
      known === LENGTH.none || (known === LENGTH.sameHead && this.heads[length] === head >>> 0);
    this.lengths[length] = length >= 4 && isSame ? LENGTH.sameHead : LENGTH.any;
    this.heads[length] = head;
  }
}
