/** `code.*` attributes: where in the program a span or log record was made. */
import type { StackFrame } from './stack-frames.ts';

/** Attributes by the current names of the semantic conventions. */
export interface CodeAttributes {
  /** '' when there is none. */
  text(key: string): string;
  number(key: string): number | undefined;
}

/** How languages join a namespace with a function; `.` for the others. */
const JOINTS: Readonly<Record<string, string>> = { php: '\\', ruby: '#', rust: '::', cpp: '::' };

/** The place as a frame; null when no file and no function were sent. */
export function codeFrame(
  attributes: CodeAttributes,
  resource: Pick<CodeAttributes, 'text'>,
): StackFrame | null {
  const file = attributes.text('code.file.path');
  // The retired pair code.namespace and code.function became one name.
  const joint = JOINTS[resource.text('telemetry.sdk.language')] ?? '.';
  const parts = [attributes.text('code.namespace'), attributes.text('code.function')];
  const fn = attributes.text('code.function.name') || parts.filter(Boolean).join(joint);
  if (file === '' && fn === '') return null;
  return {
    fn,
    file,
    line: attributes.number('code.line.number') ?? 0,
    column: attributes.number('code.column.number') ?? 0,
    source: '',
    isOwn: true,
    library: '',
  };
}
