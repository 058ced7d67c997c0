import { describe, expect, it } from 'vitest';
import {
  firstLine,
  leastLevelOf,
  MAX_WRAPPED_LINES,
  wrappedLines,
} from '../../renderer/features/logs/log-rows.ts';
import { ansiRuns } from '../../renderer/features/logs/ansi.ts';
import { wantedRows } from '../../renderer/features/logs/log-window.ts';

describe('rows that the tail asks for', () => {
  const newest = { first: null, count: 120 };

  it('asks for the newest rows while following, and keeps asking for the same', () => {
    expect(wantedRows(true, 880, 30, 0, 910, newest)).toBe(newest);
    expect(wantedRows(true, 880, 100, 0, 980, { first: 10, count: 90 })).toEqual({
      first: null,
      count: 300,
    });
  });

  it('asks for the visible rows with as many again around them', () => {
    expect(wantedRows(false, 1000, 50, 0, 5000, newest)).toEqual({ first: 950, count: 150 });
  });

  it('never asks for rows that were evicted', () => {
    expect(wantedRows(false, 1000, 50, 990, 5000, newest).first).toBe(990);
  });

  it('keeps its window for small movements and takes a new one for large ones', () => {
    const current = { first: 950, count: 150 };
    expect(wantedRows(false, 1020, 50, 0, 5000, current)).toBe(current);
    expect(wantedRows(false, 1040, 50, 0, 5000, current)).not.toBe(current);
  });

  it('keeps a window that ends with the list', () => {
    const current = { first: 950, count: 150 };
    expect(wantedRows(false, 1050, 50, 0, 1100, current)).toBe(current);
  });
});

describe('texts of log rows', () => {
  it('counts the lines of a text broken at any character', () => {
    expect(wrappedLines('', 80)).toBe(1);
    expect(wrappedLines('a'.repeat(80), 80)).toBe(1);
    expect(wrappedLines('a'.repeat(81), 80)).toBe(2);
    expect(wrappedLines('one\ntwo\n', 80)).toBe(3);
    expect(wrappedLines('x\n'.repeat(500), 80)).toBe(MAX_WRAPPED_LINES);
  });

  it('shows the first line of several', () => {
    const print = (text: string): string =>
      firstLine(ansiRuns(text))
        .map((run) => run.text)
        .join('');
    expect(print('Traceback\n  File "a.py"')).toBe('Traceback ⏎');
    expect(print('\u001b[31mred\u001b[0m one\ntwo')).toBe('red one ⏎');
    expect(print('one')).toBe('one');
  });

  it('takes an unknown level in the URL for everything', () => {
    expect(leastLevelOf('warn')).toBe('warn');
    expect(leastLevelOf('loud')).toBe('trace');
    expect(leastLevelOf('toString')).toBe('trace');
  });
});
