/** The values that fields have, of attributes and of nested ones. */
import type { AnyValue, KeyValue } from '../../../proto/otlp/model.ts';

/** One value of a field; `other` is there and fits nothing. */
export type Scalar =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number | bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'other' };

/** The values of a field; null when it is missing. */
export type Found = readonly Scalar[] | null;

/** A text as the values of a field, which is missing when it is empty. */
export function texts(text: string): Found {
  return text === '' ? null : [{ type: 'string', value: text }];
}

/** The values of all parts that are there. */
export function together(parts: readonly (readonly Found[])[]): Found {
  const found = parts.flat().filter((part) => part !== null);
  return found.length === 0 ? null : found.flat();
}

/** The values of a key: whole, or nested below a prefix of it. */
export function lookUp(attributes: readonly KeyValue[], key: string): Found {
  const parts: Found[] = attributes.map(({ key: own, value }) => {
    if (own === key) return scalars(value);
    if (value?.type !== 'kvlist' || !key.startsWith(`${own}.`)) return null;
    return lookUp(value.values, key.slice(own.length + 1));
  });
  return together([parts]);
}

function scalars(value: AnyValue | undefined): readonly Scalar[] {
  switch (value?.type) {
    case 'string':
      return [{ type: 'string', value: value.value }];
    case 'int':
    case 'double':
      return [{ type: 'number', value: value.value }];
    case 'bool':
      return [{ type: 'bool', value: value.value }];
    case 'bytes':
      return [{ type: 'string', value: Buffer.from(value.value).toString('base64') }];
    case 'array':
      return value.values.flatMap(scalars);
    case undefined:
    case 'empty':
    case 'kvlist':
      return [{ type: 'other' }];
  }
}

/** A value as texts and JSON have it. */
export function textForm(value: string | boolean | number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
