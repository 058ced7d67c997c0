import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Keys, nameOfStroke, printKey, type KeyStroke } from '../../renderer/session/keys.ts';

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

describe('the keys of panes side by side', () => {
  const pressed: string[] = [];
  // The dispatcher asks of the target whether it is one; here is none.
  beforeAll(() => void vi.stubGlobal('HTMLElement', Array));
  afterAll(() => void vi.unstubAllGlobals());
  const bound = (keys: Keys, name: string, pane?: string): void => {
    const run = (): void => void pressed.push(`${name} in ${pane ?? 'all'}`);
    keys.bind([{ keys: [name], label: name, group: 'Lists', run }], pane);
  };
  const press = (keys: Keys, key: string): string[] => {
    keys.handle({
      ...stroke(key),
      target: null,
      timeStamp: 0,
      preventDefault: () => undefined,
    } as never);
    return pressed.splice(0);
  };

  it('are those of the pane the person is in, and those of the page', () => {
    const keys = new Keys();
    bound(keys, 't');
    bound(keys, 'x', 'traces');
    bound(keys, 'x', 'trace');
    keys.pane = 'traces';
    expect(press(keys, 'x')).toEqual(['x in traces']);
    keys.pane = 'trace';
    expect(press(keys, 'x')).toEqual(['x in trace']);
    expect(press(keys, 't')).toEqual(['t in all']);
  });

  it('are all of them while there is one pane', () => {
    const keys = new Keys();
    bound(keys, 'x', 'traces');
    expect(press(keys, 'x')).toEqual(['x in traces']);
  });
});
