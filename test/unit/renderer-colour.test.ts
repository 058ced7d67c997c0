import { describe, expect, it } from 'vitest';
import { SERVICE_SLOTS, ServiceColours } from '../../renderer/base/service-colour.ts';

const names = Array.from({ length: 30 }, (_, index) => `service-${index}`);

describe('service colours', () => {
  it('gives the first twelve services twelve slots, without a hatch', () => {
    const colours = new ServiceColours();
    const given = names.slice(0, SERVICE_SLOTS).map((name) => colours.of(name));
    expect(new Set(given.map(({ slot }) => slot)).size).toBe(SERVICE_SLOTS);
    expect(given.every(({ hatched }) => !hatched)).toBe(true);
  });

  it('repeats slots with a hatch after twelve', () => {
    const colours = new ServiceColours();
    colours.assign(names);
    const later = names.slice(SERVICE_SLOTS, 24).map((name) => colours.of(name));
    expect(later.every(({ hatched }) => hatched)).toBe(true);
    expect(new Set(later.map(({ slot }) => slot)).size).toBe(SERVICE_SLOTS);
  });

  it('gives the same colours for the same order of services', () => {
    const first = new ServiceColours();
    const second = new ServiceColours();
    first.assign(names);
    second.assign(names);
    for (const name of names) expect(second.of(name)).toEqual(first.of(name));
  });

  it('keeps a colour once given', () => {
    const colours = new ServiceColours();
    const before = colours.of('checkout');
    colours.assign(names);
    expect(colours.of('checkout')).toBe(before);
  });
});
