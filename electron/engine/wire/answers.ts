/** The bodies that a receiver answers with: export responses and google.rpc.Status. */
import {
  ANY,
  BAD_REQUEST,
  DURATION,
  EXPORT_RESPONSE,
  FIELD_VIOLATION,
  PARTIAL_SUCCESS,
  RETRY_INFO,
  RPC_STATUS,
} from '../../../proto/otlp/fields.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { BodyEncoding } from '../config.ts';
import { Writer } from './writer.ts';

/** Export<Signal>PartialSuccess: items refused alone. 0 with a message is a warning. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** google.rpc.Status with the details OTLP asks for: BadRequest and RetryInfo. */
export interface StatusAnswer {
  /** google.rpc.Code, e.g. 3 INVALID_ARGUMENT. */
  readonly code: number;
  readonly message: string;
  /** Sent as a google.rpc.BadRequest. */
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  /** Sent as a google.rpc.RetryInfo. */
  readonly retryDelayMs?: number;
}

/** JSON name of the count of refused items; protobuf has it as field 1 everywhere. */
const REJECTED_NAME: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  profiles: 'rejectedProfiles',
};

const BAD_REQUEST_URL = 'type.googleapis.com/google.rpc.BadRequest';
const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo';
const utf8 = new TextEncoder();

/**
 * The body of an Export<Signal>ServiceResponse. Without `partial` it is the full success: no bytes
 * in protobuf, `{}` in JSON.
 */
export function encodeSuccess(
  signal: Signal,
  encoding: BodyEncoding,
  partial?: PartialSuccess,
): Uint8Array<ArrayBuffer> {
  if (encoding === 'json') {
    // int64 is a string in OTLP/JSON.
    const body = partial && {
      partialSuccess: {
        [REJECTED_NAME[signal]]: String(partial.rejected),
        errorMessage: partial.message,
      },
    };
    return utf8.encode(JSON.stringify(body ?? {}));
  }
  const out = new Writer(partial ? 64 + partial.message.length : 0);
  if (partial) {
    const mark = out.open(EXPORT_RESPONSE.partialSuccess);
    if (partial.rejected !== 0) out.uintField(PARTIAL_SUCCESS.rejected, partial.rejected);
    if (partial.message !== '') out.stringField(PARTIAL_SUCCESS.errorMessage, partial.message);
    out.close(mark);
  }
  return out.finish();
}

/** The body of a google.rpc.Status, the answer to every refused request. */
export function encodeStatus(
  encoding: BodyEncoding,
  status: StatusAnswer,
): Uint8Array<ArrayBuffer> {
  return encoding === 'json' ? jsonStatus(status) : protobufStatus(status);
}

function jsonStatus(status: StatusAnswer): Uint8Array<ArrayBuffer> {
  const details: object[] = [];
  if (status.fieldViolations?.length) {
    details.push({ '@type': BAD_REQUEST_URL, fieldViolations: status.fieldViolations });
  }
  if (status.retryDelayMs !== undefined) {
    details.push({ '@type': RETRY_INFO_URL, retryDelay: `${status.retryDelayMs / 1000}s` });
  }
  const body = { code: status.code, message: status.message };
  return utf8.encode(JSON.stringify(details.length > 0 ? { ...body, details } : body));
}

function protobufStatus(status: StatusAnswer): Uint8Array<ArrayBuffer> {
  const out = new Writer(128 + status.message.length);
  if (status.code !== 0) out.uintField(RPC_STATUS.code, status.code);
  if (status.message !== '') out.stringField(RPC_STATUS.message, status.message);
  if (status.fieldViolations?.length) {
    const detail = out.open(RPC_STATUS.details);
    out.stringField(ANY.typeUrl, BAD_REQUEST_URL);
    const value = out.open(ANY.value);
    for (const violation of status.fieldViolations) {
      const mark = out.open(BAD_REQUEST.fieldViolations);
      out.stringField(FIELD_VIOLATION.field, violation.field);
      out.stringField(FIELD_VIOLATION.description, violation.description);
      out.close(mark);
    }
    out.close(value);
    out.close(detail);
  }
  if (status.retryDelayMs !== undefined) {
    const detail = out.open(RPC_STATUS.details);
    out.stringField(ANY.typeUrl, RETRY_INFO_URL);
    const value = out.open(ANY.value);
    const delay = out.open(RETRY_INFO.retryDelay);
    out.uintField(DURATION.seconds, Math.floor(status.retryDelayMs / 1000));
    out.uintField(DURATION.nanos, Math.round((status.retryDelayMs % 1000) * 1e6));
    out.close(delay);
    out.close(value);
    out.close(detail);
  }
  return out.finish();
}
