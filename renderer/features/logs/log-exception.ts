/** The exception that a log record carries in its attributes (OpenTelemetry semantic conventions). */
import type { JsonAttribute, LogDetail } from '../../../proto/live/methods.ts';
import { groupFrames, parseStackTrace, type FrameGroup } from '../../base/stack-frames.ts';

/** One exception of the chain, with its frames as they are listed. */
export interface ExceptionPart {
  /** `caused by` and such; '' for the exception that was recorded. */
  readonly relation: string;
  readonly header: string;
  readonly groups: readonly FrameGroup[];
}

/** What failed. */
export interface LogException {
  readonly type: string;
  readonly message: string;
  readonly parts: readonly ExceptionPart[];
  /** The stack trace as it was sent; '' without one. */
  readonly stack: string;
}

/** Attributes that the exception shows, so that the list of attributes need not. */
const EXCEPTION_KEYS: readonly string[] = [
  'exception.type',
  'exception.message',
  'exception.stacktrace',
];

/** The exception of a record; undefined when it carries none. */
export function exceptionOf(detail: LogDetail): LogException | undefined {
  const { attributes } = detail;
  const type = textAt(attributes, 'exception.type');
  const message = textAt(attributes, 'exception.message');
  const stack = textAt(attributes, 'exception.stacktrace');
  if (type === '' && message === '' && stack === '') return undefined;
  const language = textAt(detail.resource.attributes, 'telemetry.sdk.language');
  const parts = parseStackTrace(stack, language).map(({ header, relation, frames }) => ({
    header,
    relation,
    groups: groupFrames(frames),
  }));
  return { type: type === '' ? 'exception' : type, message, parts, stack };
}

/** The attributes without those that the exception shows. */
export function attributesBeside(
  attributes: readonly JsonAttribute[],
  exception: LogException | undefined,
): readonly JsonAttribute[] {
  return exception === undefined
    ? attributes
    : attributes.filter(
        ({ key, value }) => value.type !== 'string' || !EXCEPTION_KEYS.includes(key),
      );
}

function textAt(attributes: readonly JsonAttribute[], key: string): string {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value?.type === 'string' ? value.value : '';
}
