/** The time that a trace covers, in its record: earliest start to latest end, as halves of uint64. */
import { END_HI, END_LO, START_HI, START_LO } from './trace-record.ts';

/** Widens the record at `at` to a span's time; a start of 0 says nothing. */
export function coverTime(
  chunk: Int32Array,
  at: number,
  startHi: number,
  startLo: number,
  endHi: number,
  endLo: number,
): void {
  if ((startHi | startLo) !== 0) {
    const hi = chunk[at + START_HI];
    const lo = chunk[at + START_LO];
    if ((hi | lo) === 0 || isBefore(startHi, startLo, hi, lo)) {
      chunk[at + START_HI] = startHi;
      chunk[at + START_LO] = startLo;
    }
  }
  if (isBefore(chunk[at + END_HI], chunk[at + END_LO], endHi, endLo)) {
    chunk[at + END_HI] = endHi;
    chunk[at + END_LO] = endLo;
  }
  if (isBefore(chunk[at + END_HI], chunk[at + END_LO], startHi, startLo)) {
    chunk[at + END_HI] = startHi;
    chunk[at + END_LO] = startLo;
  }
}

/** Whether a is earlier than b, each the halves of a uint64. */
export function isBefore(aHi: number, aLo: number, bHi: number, bLo: number): boolean {
  return aHi === bHi ? aLo >>> 0 < bLo >>> 0 : aHi >>> 0 < bHi >>> 0;
}
