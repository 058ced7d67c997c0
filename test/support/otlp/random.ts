/** Seeded randomness: a failing test prints its seed, and the seed gives the same input again. */

export interface Random {
  readonly seed: number;
  /** [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  bytes(length: number): Uint8Array;
  /** All 64 bits. */
  uint64(): bigint;
}

/** A generator (mulberry32) whose sequence depends on the seed alone. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const word = (): bigint => BigInt(below(4294967296));
  return {
    seed,
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (values) => values[below(values.length)],
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    uint64: () => (word() << 32n) | word(),
  };
}
