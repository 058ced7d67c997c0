import { describe, expect, test } from 'vitest';
import {
  canExpand,
  childrenOf,
  toneOf,
  valueText,
} from '../../renderer/features/trace/span-content.ts';

describe('span content', () => {
  test('a 64-bit integer reads as every digit received', () => {
    expect(valueText({ type: 'int', value: '9223372036854775807' })).toBe('9223372036854775807');
  });

  test('nested values read in one line and open by key or number', () => {
    const value = {
      type: 'array',
      values: [
        { type: 'string', value: 'a' },
        { type: 'kvlist', values: [{ key: 'x', value: { type: 'bool', value: false } }] },
      ],
    } as const;
    expect(valueText(value)).toBe('["a", {x: false}]');
    expect(childrenOf(value)?.map(({ key }) => key)).toEqual(['0', '1']);
  });

  test('a text that holds JSON opens as a tree, one that only looks like it stays text', () => {
    const json = { type: 'string', value: '{"id":1,"tags":["a"]}' } as const;
    expect(childrenOf(json)?.map(({ key }) => key)).toEqual(['id', 'tags']);
    expect(childrenOf({ type: 'string', value: '{not json' })).toBeNull();
    expect(childrenOf({ type: 'string', value: 'plain' })).toBeNull();
  });

  test('tones follow types', () => {
    expect(toneOf({ type: 'double', value: 'NaN' })).toBe('number');
    expect(toneOf({ type: 'bool', value: true })).toBe('boolean');
    expect(toneOf({ type: 'string', value: '1' })).toBe('text');
  });

  test('short plain values do not expand', () => {
    expect(canExpand({ type: 'string', value: 'short' })).toBe(false);
    expect(canExpand({ type: 'string', value: 'two\nlines' })).toBe(true);
    expect(canExpand({ type: 'bytes', value: 'AAE=' })).toBe(true);
  });
});
