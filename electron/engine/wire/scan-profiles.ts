/**
 * Scans ExportProfilesServiceRequest (v1development) as far as its Profile messages: they are kept as
 * bytes and counted. The dictionary of the request stays with them.
 */
import { type Cursor } from './cursor.ts';
import { ITEM_TAG, scanRequest, type ScanOutput } from './scan-output.ts';

/** Columns of one profile in `ScanOutput.rows`: 0 offset, 1 length, 2 scope. */
export const PROFILE_STRIDE = 3;

/** Scans `bytes` into `out`. Throws WireError. */
export function scanProfiles(out: ScanOutput, bytes: Uint8Array): void {
  scanRequest(out, bytes, 'Profiles', scanProfileRun);
}

function scanProfileRun(out: ScanOutput, cursor: Cursor, scope: number): void {
  const bytes = out.bytes;
  for (;;) {
    const outer = cursor.enter();
    const at = out.rowCount++ * PROFILE_STRIDE;
    const rows = out.growRows(at + PROFILE_STRIDE);
    rows[at] = cursor.pos;
    rows[at + 1] = cursor.end - cursor.pos;
    rows[at + 2] = scope;
    // The profile's own fields are read through once, so that half a message is refused.
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) cursor.skip(tag);
    cursor.leave(outer);
    if (cursor.pos >= outer || bytes[cursor.pos] !== ITEM_TAG) return;
    cursor.pos++;
  }
}
