/** Everything the panel reads out of a span, its events and its log records, in one value. */
import type { LogEvent, LogSummary, SpanDetail } from '../../../../proto/live/methods.ts';
import { childrenOf } from '../span-content.ts';
import { Attributes } from './attributes.ts';
import {
  readFlags,
  readFunction,
  readMessaging,
  readRpc,
  readVitals,
  type CallContent,
} from './calls.ts';
import { codeFrame } from '../../../base/code-frame.ts';
import type { StackFrame } from '../../../base/stack-frames.ts';
import { readDatabase, type DatabaseContent } from './database.ts';
import { readExceptions, type ExceptionContent } from './exceptions.ts';
import { readGenAi, type GenAiContent } from './genai.ts';
import { readHttp, type HttpContent } from './http.ts';

export interface SpanMeaning {
  readonly attributes: Attributes;
  readonly exceptions: readonly ExceptionContent[];
  readonly http: HttpContent | null;
  readonly database: DatabaseContent | null;
  readonly genAi: GenAiContent | null;
  /** RPC, messaging, function, feature flags, web vitals, in this order. */
  readonly calls: readonly CallContent[];
  /** Where the span was made, from `code.*`; null when it does not say. */
  readonly code: StackFrame | null;
}

/** Reads a span. `logs` are its log records; those that are events count as the span's own. */
export function readMeaning(span: SpanDetail, logs: readonly LogSummary[]): SpanMeaning {
  const attributes = new Attributes(span.attributes);
  const records: LogEvent[] = logs.flatMap(({ event }) => (event === null ? [] : [event]));
  const events = [
    ...span.events,
    ...records.map((event) => ({ ...event, body: childrenOf(event.body) ?? [] })),
  ];
  const calls = [
    readRpc(attributes),
    readMessaging(span, attributes),
    readFunction(attributes),
    ...readFlags(attributes, events),
    readVitals(attributes, events),
  ];
  return {
    attributes,
    exceptions: readExceptions(span, logs),
    http: readHttp(span, attributes),
    database: readDatabase(attributes),
    genAi: readGenAi(span, attributes, records),
    calls: calls.filter((call) => call !== null),
    code: codeFrame(attributes, new Attributes(span.resource.attributes)),
  };
}
