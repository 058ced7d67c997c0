import { describe, expect, it } from 'vitest';
import { nameOfStroke, printKey, type KeyStroke } from '../../renderer/session/keys.ts';

const stroke = (key: string, held: Partial<KeyStroke> = {}): KeyStroke => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe('key names', () => {
  it.each([
    [stroke('e'), 'e'],
    [stroke('E', { shiftKey: true }), 'Shift+E'],
    [stroke('e', { ctrlKey: true }), 'Mod+E'],
    [stroke('e', { metaKey: true }), 'Mod+E'],
    [stroke('?', { shiftKey: true }), '?'],
    [stroke(' '), 'Space'],
    [stroke('ArrowDown'), 'ArrowDown'],
    [stroke('Tab', { shiftKey: true }), 'Shift+Tab'],
  ])('names %o as %s', (pressed, name) => {
    expect(nameOfStroke(pressed)).toBe(name);
  });

  it('prints keys as the platform does', () => {
    expect(printKey('Mod+E', true)).toBe('⌘E');
    expect(printKey('Mod+E', false)).toBe('Ctrl E');
    expect(printKey('g t', false)).toBe('G T');
    expect(printKey('j', false)).toBe('J');
    expect(printKey('Shift+E', false)).toBe('⇧E');
    expect(printKey('Escape', false)).toBe('Esc');
  });
});
