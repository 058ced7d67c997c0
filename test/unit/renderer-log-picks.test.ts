import { describe, expect, it } from 'vitest';
import { LogPicks } from '../../renderer/features/logs/log-picks.svelte.ts';

const stretches = (picks: LogPicks): string =>
  picks.stretches.map(({ first, last }) => `${first}-${last}`).join(' ');

describe('the selected rows of the log list', () => {
  it('are one stretch that grows and shrinks at its moving end', () => {
    const picks = new LogPicks();
    picks.select(5);
    picks.extendTo(8);
    expect(stretches(picks)).toBe('5-8');
    picks.extendTo(3);
    expect(stretches(picks)).toBe('3-5');
    expect(picks.count).toBe(3);
  });

  it('are the marked ones, wherever the keys act meanwhile', () => {
    const picks = new LogPicks();
    picks.toggleMark(9);
    picks.toggleMark(2);
    picks.select(40);
    expect(stretches(picks)).toBe('2-2 9-9');
    expect(picks.count).toBe(2);
  });

  it('of marks and a stretch are counted once each', () => {
    const picks = new LogPicks();
    picks.toggleMark(4);
    picks.toggleMark(7);
    picks.toggleMark(20);
    picks.select(5);
    picks.extendTo(8);
    expect(stretches(picks)).toBe('4-8 20-20');
    expect(picks.count).toBe(6);
  });

  it('lose a mark by the same key, and all of them at once', () => {
    const picks = new LogPicks();
    picks.toggleMark(4);
    picks.toggleMark(7);
    picks.toggleMark(4);
    expect(stretches(picks)).toBe('7-7');
    picks.unmark();
    expect(picks.hasMarked).toBe(false);
    expect(stretches(picks)).toBe('4-4');
  });
});
