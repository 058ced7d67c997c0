/** The texts of a span or log record: its body as text, and whether a word stands in any. */
import type { AnyValue, KeyValue } from '../../../proto/otlp/model.ts';
import { type ReferenceItem, traceIdOf } from './items.ts';
import { textForm } from './values.ts';

/** A body that is no string is its JSON. */
export function bodyText(value: AnyValue): string {
  return value.type === 'string' ? value.value : json(value);
}

function json(value: AnyValue | undefined): string {
  switch (value?.type) {
    case undefined:
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.value);
    case 'bytes':
      return JSON.stringify(Buffer.from(value.value).toString('base64'));
    case 'array':
      return `[${value.values.map(json).join()}]`;
    case 'kvlist':
      return `{${value.values.map((pair) => `${JSON.stringify(pair.key)}:${json(pair.value)}`).join()}}`;
    case 'bool':
    case 'int':
    case 'double':
      return textForm(value.value);
  }
}

function stringsIn(value: AnyValue | undefined): string[] {
  if (value?.type === 'string') return [value.value];
  if (value?.type === 'array') return value.values.flatMap(stringsIn);
  if (value?.type === 'kvlist') return attributeTexts(value.values);
  return [];
}

function attributeTexts(attributes: readonly KeyValue[]): string[] {
  return attributes.flatMap(({ value }) => stringsIn(value));
}

/** Whether a word stands in the item, its resource or its scope, or is its id. */
export function hasText(item: ReferenceItem, word: string, quoted: boolean): boolean {
  const own =
    item.type === 'span'
      ? [
          item.span.name,
          item.span.status.message,
          item.span.traceState,
          ...attributeTexts(item.span.attributes),
          ...item.span.events.flatMap((each) => [each.name, ...attributeTexts(each.attributes)]),
          ...item.span.links.flatMap((each) => [
            each.traceState,
            ...attributeTexts(each.attributes),
          ]),
        ]
      : [
          ...stringsIn(item.log.body),
          item.log.severityText,
          item.log.eventName,
          ...attributeTexts(item.log.attributes),
        ];
  const all = [...own, item.service, ...attributeTexts(item.resource.attributes), item.scope.name];
  if (!quoted && /^[0-9a-f]+$/i.test(word)) {
    if (word.length === 32 && traceIdOf(item) === word.toLowerCase()) return true;
    const spanId = item.type === 'span' ? item.span.spanId : item.log.spanId;
    if (word.length === 16 && spanId === word.toLowerCase()) return true;
  }
  // Only a word with letters outside ASCII folds such letters.
  const fold = /^[\0-\x7f]*$/.test(word)
    ? (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    : (text: string): string => text.toLowerCase();
  return all.some((text) => fold(text).includes(fold(word)));
}
