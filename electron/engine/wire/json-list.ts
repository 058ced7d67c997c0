/** Lists of numbers, which histograms are made of, in the form in which SDKs send them. */
import { double, int64, scanDouble } from './json-numbers.ts';
import { type JsonScanner } from './json-scanner.ts';
import type { FieldKind } from './message.ts';
import type { Writer } from './writer.ts';

const COMMA = 0x2c;
/** The shortest number, with its comma, is two bytes and becomes eight. */
const NUMBER_BYTES = 8;

/**
 * Writes the elements at the cursor, behind the bracket of a list, as long as they are plain numbers
 * without white space, and leaves the cursor behind the last of them: what follows is for the general
 * path. Whether there was one. Hot loop.
 */
export function writeNumbers(input: JsonScanner, out: Writer, kind: FieldKind): boolean {
  if (kind !== 'double' && kind !== 'fixed64') return false;
  const { bytes, end } = input;
  let count = 0;
  for (; ; count++) {
    const before = input.pos;
    if (count > 0 && bytes[before] !== COMMA) break;
    const pos = count > 0 ? before + 1 : before;
    out.reserve(NUMBER_BYTES);
    if (kind === 'double') {
      const stop = scanDouble(bytes, pos, end);
      if (stop === -1) break;
      input.pos = stop;
      out.double(double.value);
      continue;
    }
    input.pos = pos;
    if (!input.digits(false)) {
      input.pos = before;
      break;
    }
    out.fixed64(int64.hi, int64.lo);
  }
  return count > 0;
}
