/** What the span panel reads out of spans: cases of test/cases/spans. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readExceptions } from '../../renderer/features/trace/panel/exceptions.ts';
import type { GenAiMessage } from '../../renderer/features/trace/panel/genai-messages.ts';
import { readMeaning } from '../../renderer/features/trace/panel/meaning.ts';
import { logOf, spanOf, type LogCase, type SpanCase } from '../support/span-detail.ts';

interface Case extends SpanCase {
  readonly name: string;
  readonly logs?: readonly LogCase[];
  readonly expect: Readonly<Record<string, unknown>>;
}

const FOLDER = new URL('../cases/spans/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

/** `role (finish reason): [type label] text / …`, one message a line. */
function printed(messages: readonly GenAiMessage[]): string {
  return messages
    .map(({ role, finishReason, parts }) => {
      const texts = parts.map(({ type, label, text }) =>
        type === 'text' ? text : `[${type} ${label}] ${text}`,
      );
      return `${role}${finishReason === '' ? '' : ` (${finishReason})`}: ${texts.join(' / ')}`;
    })
    .join('\n');
}

describe.each(files)('a span of %s', (file) => {
  const cases = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as readonly Case[];
  it.each(cases)('$name', (one) => {
    const meaning = readMeaning(spanOf(one), (one.logs ?? []).map(logOf));
    const genAi =
      meaning.genAi === null
        ? null
        : { ...meaning.genAi, messages: printed(meaning.genAi.messages) };
    expect({ ...meaning, genAi }).toMatchObject(one.expect);
  });
});

describe('exceptions of a span', () => {
  const stack = 'Error: no\n    at pay (/app/pay.js:3:1)';
  const exception = { 'exception.type': 'Error', 'exception.message': 'no' };

  it('come from events and log records, each once in dup mode, with the longer stack trace', () => {
    const span = spanOf({ events: [{ name: 'exception', attributes: exception }] });
    const found = readExceptions(span, [
      logOf({ attributes: { ...exception, 'exception.stacktrace': stack } }),
      logOf({ attributes: { ...exception, 'exception.message': 'another' } }),
    ]);
    expect(found.map(({ message, source }) => `${message} from ${source}`)).toEqual([
      'no from log',
      'another from log',
    ]);
    expect(found[0]?.sections[0]?.frames[0]?.fn).toBe('pay');
  });

  it('stay apart when the same kind of source says them twice', () => {
    const event = { name: 'exception', attributes: exception };
    expect(readExceptions(spanOf({ events: [event, event] }), [])).toHaveLength(2);
  });

  it('take type and message from the stack trace when nothing else was sent', () => {
    const span = spanOf({
      events: [{ name: 'exception', attributes: { 'exception.stacktrace': stack } }],
    });
    expect(readExceptions(span, [])[0]).toMatchObject({ type: 'Error', message: 'no' });
  });
});
