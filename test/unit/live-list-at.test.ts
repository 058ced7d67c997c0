import { expect, test } from 'vitest';
import type { Methods } from '../../proto/live/methods.ts';
import {
  connectClient,
  createEngine,
  filterOf,
  secondNs,
  sendSpans,
  settle,
} from '../support/live-engine.ts';

type Params = Methods['list.at']['params'];

/** Traces of one span each, in the order of arrival; start in seconds. */
async function at(
  starts: readonly number[],
  second: number,
  more: Partial<Params> = {},
): Promise<number> {
  const { engine } = createEngine();
  starts.forEach((start, i) => {
    const name = start % 2 === 0 ? 'even' : 'odd';
    sendSpans(engine, [
      { trace: i + 1, id: i + 1, name, start: start * 1e9, end: start * 1e9 + 5 },
    ]);
  });
  const client = connectClient(engine);
  await client.welcome;
  await settle();
  const { above } = await client.request('list.at', {
    by: 'traces',
    filter: filterOf(''),
    brush: null,
    anchor: null,
    timeUnixNano: String(secondNs(second)),
    ...more,
  });
  return above;
}

test.each(['traces', 'spans'] as const)('%s after a time are above its place', async (by) => {
  expect(await at([1, 2, 3, 4, 5], 4, { by })).toBe(2);
});

test('a time before everything is below the list, one after it on top', async () => {
  expect(await at([1, 2, 3], 0)).toBe(3);
  expect(await at([1, 2, 3], 9)).toBe(0);
  expect(await at([], 9)).toBe(0);
});

test('a trace that came late does not draw the place to it', async () => {
  expect(await at([1, 2, 3, 4, 1, 5, 6], 4)).toBe(4);
});

test('only what matches counts', async () => {
  expect(await at([1, 2, 3, 4, 5, 6], 3, { filter: filterOf('name:even') })).toBe(2);
});

test.each(['traces', 'spans'] as const)('%s above the anchor do not count', async (by) => {
  expect(await at([1, 2, 3, 4, 5], 2, { by, anchor: 2 })).toBe(2);
});

test('a time that is none is refused', async () => {
  await expect(at([1], 1, { timeUnixNano: 'now' })).rejects.toMatchObject({ code: 'badParams' });
});
