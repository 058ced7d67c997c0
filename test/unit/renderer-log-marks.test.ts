import { describe, expect, it } from 'vitest';
import { ansiRuns } from '../../renderer/features/logs/ansi.ts';
import { markRuns } from '../../renderer/features/logs/log-marks.ts';
import { splitMarks } from '../../renderer/session/log-marks.ts';

describe('marks of the query', () => {
  it.each([
    ['level>=warn', 'level>=warn', []],
    ['highlight~psp', '', ['psp']],
    ['level>=warn highlight~psp -service:cart', 'level>=warn -service:cart', ['psp']],
    ['highlight~"a b" highlight:c', '', ['a b', 'c']],
    ['timeout and highlight~psp', 'timeout', ['psp']],
    ['-highlight~psp', '-highlight~psp', []],
    ['highlight', 'highlight', []],
    ['highlight~"(a+)+$"', '', ['(a+)+$']],
    ['body:"highlight~psp"', 'body:"highlight~psp"', []],
  ])('%s asks for %j and marks %j', (query, text, marks) => {
    expect(splitMarks(query)).toEqual({ text, marks });
  });
});

describe('marked texts', () => {
  const print = (text: string, marks: readonly string[]): string =>
    markRuns(ansiRuns(text), marks)
      .map((run) => (run.isMarked ? `<${run.text}>` : run.text))
      .join('|');

  it.each([
    ['psp slow', ['psp'], '<psp>| slow'],
    ['PSP and psp', ['Psp'], '<PSP>| and |<psp>'],
    ['aaaa', ['aa'], '<aaaa>'],
    ['abcd', ['abc', 'bcd'], '<abcd>'],
    ['one \u001b[31mtwo three', ['e two'], 'on|<e >|<two>| three'],
    ['nothing', ['x'], 'nothing'],
    ['İstanbul psp', ['psp'], 'İstanbul |<psp>'],
    ['a.c abc', ['a.c'], '<a.c>| abc'],
  ])('%j with %j reads %s', (text, marks, expected) => {
    expect(print(text, marks)).toBe(expected);
  });
});
