/** Scans ExportLogsServiceRequest. Bodies and attributes are jumped over by length. */
import { type Cursor } from './cursor.ts';
import { checkAttributeDepth, checkValueDepth, DEEP_BYTES } from './scan-depth.ts';
import { ITEM_TAG, scanRequest, type ScanOutput } from './scan-output.ts';
import { cutOff, skipField, skipLength } from './scan-traces.ts';

/**
 * Columns of one log record in `ScanOutput.rows`:
 *
 * ```
 *   0 offset  1 length  2 scope  3–6 trace id  7–8 span id  9–10 time  11 severity
 * ```
 * Ids of a wrong length are read as absent (all zero); the record is kept. The time is
 * observed_time_unix_nano where time_unix_nano is 0. A severity outside 1–24 is 0.
 */
export const LOG_STRIDE = 12;

/** Scans `bytes` into `out`. Throws WireError. */
export function scanLogs(out: ScanOutput, bytes: Uint8Array): void {
  scanRequest(out, bytes, 'Logs', scanLogRecords);
}

/** Hot loop. Tags are field << 3 | wire type of opentelemetry.proto.logs.v1.LogRecord. */
function scanLogRecords(out: ScanOutput, cursor: Cursor, scope: number): void {
  const bytes = out.bytes;
  const view = out.view;
  const scopeEnd = cursor.end;
  let rows = out.rows;
  let at = out.rowCount * LOG_STRIDE;
  let pos = cursor.pos;
  for (;;) {
    let length = bytes[pos];
    if (length < 0x80) pos++;
    else {
      cursor.pos = pos;
      cursor.end = scopeEnd;
      length = cursor.len();
      pos = cursor.pos;
    }
    const start = pos;
    const end = pos + length;
    if (end > scopeEnd) throw cutOff('LogRecord', start);
    let trace0 = 0;
    let trace1 = 0;
    let trace2 = 0;
    let trace3 = 0;
    let spanHi = 0;
    let spanLo = 0;
    let timeHi = 0;
    let timeLo = 0;
    let observedHi = 0;
    let observedLo = 0;
    let severity = 0;
    while (pos < end) {
      const tag = bytes[pos++];
      switch (tag) {
        case 0x09: // time_unix_nano
          if (pos + 8 > end) throw cutOff('time_unix_nano of LogRecord', pos);
          timeLo = view.getInt32(pos, true);
          timeHi = view.getInt32(pos + 4, true);
          pos += 8;
          break;
        case 0x59: // observed_time_unix_nano
          if (pos + 8 > end) throw cutOff('observed_time_unix_nano of LogRecord', pos);
          observedLo = view.getInt32(pos, true);
          observedHi = view.getInt32(pos + 4, true);
          pos += 8;
          break;
        case 0x10: // severity_number
          severity = bytes[pos];
          if (severity < 0x80) pos++;
          else {
            cursor.pos = pos;
            cursor.end = end;
            severity = cursor.int32();
            pos = cursor.pos;
          }
          if (severity < 0 || severity > 24) severity = 0;
          if (pos > end) throw cutOff('severity_number of LogRecord', pos);
          break;
        case 0x1a: // severity_text
        case 0x2a: // body
        case 0x32: // attributes
        case 0x62: {
          // event_name
          let size = bytes[pos];
          if (size < 0x80) pos++;
          else if (bytes[pos + 1] < 0x80) {
            size = (size & 0x7f) | (bytes[pos + 1] << 7);
            pos += 2;
          } else {
            cursor.pos = pos;
            cursor.end = end;
            size = cursor.len();
            pos = cursor.pos;
          }
          const from = pos;
          pos += size;
          if (pos > end) throw cutOff(`field ${tag >>> 3} of LogRecord`, from);
          if (size >= DEEP_BYTES) {
            if (tag === 0x2a) checkValueDepth(bytes, from, pos);
            else if (tag === 0x32) checkAttributeDepth(bytes, from, pos);
          }
          break;
        }
        case 0x45: // flags
          pos += 4;
          if (pos > end) throw cutOff('flags of LogRecord', pos - 4);
          break;
        case 0x4a: // trace_id
          if (bytes[pos] === 16 && pos + 17 <= end) {
            trace0 = view.getInt32(pos + 1);
            trace1 = view.getInt32(pos + 5);
            trace2 = view.getInt32(pos + 9);
            trace3 = view.getInt32(pos + 13);
            pos += 17;
          } else {
            trace0 = trace1 = trace2 = trace3 = 0;
            pos = skipLength(cursor, pos, end);
          }
          break;
        case 0x52: // span_id
          if (bytes[pos] === 8 && pos + 9 <= end) {
            spanHi = view.getInt32(pos + 1);
            spanLo = view.getInt32(pos + 5);
            pos += 9;
          } else {
            spanHi = spanLo = 0;
            pos = skipLength(cursor, pos, end);
          }
          break;
        default:
          pos = skipField(cursor, pos - 1, end);
      }
    }
    if (pos !== end) throw cutOff('LogRecord', start);
    if ((timeHi | timeLo) === 0) {
      timeHi = observedHi;
      timeLo = observedLo;
    }
    if (at + LOG_STRIDE > rows.length) rows = out.growRows(at + LOG_STRIDE);
    rows[at] = start;
    rows[at + 1] = length;
    rows[at + 2] = scope;
    rows[at + 3] = trace0;
    rows[at + 4] = trace1;
    rows[at + 5] = trace2;
    rows[at + 6] = trace3;
    rows[at + 7] = spanHi;
    rows[at + 8] = spanLo;
    rows[at + 9] = timeHi;
    rows[at + 10] = timeLo;
    rows[at + 11] = severity;
    at += LOG_STRIDE;
    out.rowCount++;
    if (pos >= scopeEnd || bytes[pos] !== ITEM_TAG) break;
    pos++;
  }
  cursor.pos = pos;
  cursor.end = scopeEnd;
}
