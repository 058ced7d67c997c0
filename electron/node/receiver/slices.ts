/** What the decoders written in script share: work in slices, and the two ways to fail. */

/** A decoder at work: it yields every few milliseconds and returns the bytes. Throws to refuse. */
export type Slices = Generator<undefined, Uint8Array, undefined>;

/** Output of one slice: 10 ms at the 100 MB/s of the slowest decoder. */
export const SLICE_BYTES = 1024 * 1024;

/** The output does not fit into the limit. */
export class PastLimit extends Error {
  constructor() {
    super('the output is larger than the limit');
    this.name = 'PastLimit';
  }
}
