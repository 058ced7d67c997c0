/** What failed in a span: exceptions from its events and from its log records, each once. */
import type { JsonAttribute, LogSummary, SpanDetail } from '../../../../proto/live/methods.ts';
import { parseStackTrace, type StackSection } from '../../../base/stack-frames.ts';
import { Attributes } from './attributes.ts';

export interface ExceptionContent {
  readonly type: string;
  readonly message: string;
  /** Where it was recorded. */
  readonly source: 'event' | 'log' | 'span';
  /** ns after the span's start. */
  readonly offsetNs: number;
  readonly sections: readonly StackSection[];
  /** As it was sent. */
  readonly stack: string;
}

/** Recorded within this time, the same exception in an event and in a log record is one: dup mode. */
const SAME_NS = 1_000_000_000;

/** The exceptions of a span in order of time. */
export function readExceptions(span: SpanDetail, logs: readonly LogSummary[]): ExceptionContent[] {
  const language = new Attributes(span.resource.attributes).text('telemetry.sdk.language');
  const startNs = BigInt(span.startTimeUnixNano);
  const read = (
    attributes: readonly JsonAttribute[],
    source: ExceptionContent['source'],
    timeUnixNano: string,
  ): ExceptionContent[] => {
    const found = new Attributes(attributes);
    const stack = found.text('exception.stacktrace');
    const sections = parseStackTrace(stack, language);
    const head = headOf(sections);
    const type = found.text('exception.type') || head.type;
    const message = found.text('exception.message') || head.message;
    if (type === '' && message === '' && stack === '') return [];
    const offsetNs = Number(BigInt(timeUnixNano) - startNs);
    return [{ type: type || 'exception', message, source, offsetNs, sections, stack }];
  };
  const all = [
    ...span.events
      .filter(({ name, attributes }) => name === 'exception' || isException(attributes))
      .flatMap(({ attributes, timeUnixNano }) => read(attributes, 'event', timeUnixNano)),
    ...logs.flatMap(({ event, timeUnixNano }) =>
      event !== null && isException(event.attributes)
        ? read(event.attributes, 'log', timeUnixNano)
        : [],
    ),
    ...(isException(span.attributes) ? read(span.attributes, 'span', span.endTimeUnixNano) : []),
  ];
  return withoutRepeats(all).sort((a, b) => a.offsetNs - b.offsetNs);
}

function isException(attributes: readonly JsonAttribute[]): boolean {
  return attributes.some(({ key }) => key === 'exception.type' || key === 'exception.message');
}

/** Type and message out of the stack trace's first line, for SDKs that send nothing else. */
function headOf(sections: readonly StackSection[]): { type: string; message: string } {
  const header = sections[0]?.header.split('\n')[0] ?? '';
  const [, type = '', message = ''] = /^([\w.$\\:]+?)(?:: (.*))?$/.exec(header) ?? [];
  return { type, message };
}

/** Of the same type and message at about the same time, the one with the longer stack trace stays. */
function withoutRepeats(all: readonly ExceptionContent[]): ExceptionContent[] {
  const kept: ExceptionContent[] = [];
  for (const each of all) {
    const at = kept.findIndex(
      (other) =>
        other.source !== each.source &&
        other.type === each.type &&
        other.message === each.message &&
        Math.abs(other.offsetNs - each.offsetNs) <= SAME_NS,
    );
    const other = kept[at];
    if (other === undefined) kept.push(each);
    else if (each.stack.length > other.stack.length) kept[at] = each;
  }
  return kept;
}
