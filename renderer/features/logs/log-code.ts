/** Where in the program a log record was written, by its `code.*` attributes. */
import type { JsonAttribute, JsonValue, LogDetail } from '../../../proto/live/methods.ts';
import { namesOf } from '../../../proto/semconv/names.ts';
import { codeFrame, type CodeAttributes } from '../../base/code-frame.ts';
import type { StackFrame } from '../../base/stack-frames.ts';

/** The place in the source; undefined when the record names no file. */
export function codeOf({ attributes, resource }: LogDetail): StackFrame | undefined {
  const frame = codeFrame(reader(attributes), reader(resource.attributes));
  return frame === null || frame.file === '' ? undefined : frame;
}

/** Reads retired names, too. */
function reader(attributes: readonly JsonAttribute[]): CodeAttributes {
  const text = (key: string): string => {
    for (const name of namesOf(key)) {
      const found = attributes.find((attribute) => attribute.key === name);
      if (found !== undefined) return plainText(found.value);
    }
    return '';
  };
  return {
    text,
    number: (key) => {
      const number = Number(text(key) || NaN);
      return Number.isFinite(number) ? number : undefined;
    },
  };
}

function plainText(value: JsonValue): string {
  return value.type === 'string' || value.type === 'int' || value.type === 'double'
    ? String(value.value)
    : '';
}
