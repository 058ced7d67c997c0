/** Attribute values as one line of text, for lists. */
import type { KeyValue } from '../../../proto/otlp/model.ts';
import { attributeText, base64 } from '../wire/value-text.ts';

export { attributeText, base64 };

/** `key=value key=value`, cut once it is longer than `limit` characters. */
export function attributesText(attributes: readonly KeyValue[], limit: number): string {
  let text = '';
  for (const { key, value } of attributes) {
    if (text.length > limit) break;
    if (text !== '') text += ' ';
    text += value === undefined ? key : `${key}=${attributeText(value)}`;
  }
  return text;
}
