import { describe, expect, it } from 'vitest';
import { ansiRuns, withoutAnsi } from '../../renderer/features/logs/ansi.ts';
import { seeded } from '../support/span-bodies.ts';

/** Runs in one line: `tone*:text` for bold ones, plain text as it is. */
function print(text: string): string {
  return ansiRuns(text)
    .map(({ text: run, tone, isBold }) =>
      tone === 'plain' && !isBold ? run : `[${tone}${isBold ? '*' : ''}:${run}]`,
    )
    .join('');
}

const ESC = '\u001b';

describe('terminal sequences in log texts', () => {
  it.each([
    ['plain text', 'plain text'],
    ['', ''],
    [`${ESC}[31mred${ESC}[0m plain`, '[error:red] plain'],
    [`${ESC}[1;33mbold ${ESC}[22myellow${ESC}[39m.`, '[warn*:bold ][warn:yellow].'],
    [`${ESC}[94mblue ${ESC}[96mcyan`, '[info:blue cyan]'],
    [`${ESC}[m${ESC}[90mgrey${ESC}[m.`, '[trace:grey].'],
    [`${ESC}[38;5;2mgreen${ESC}[38;5;200m other`, '[ok:green] other'],
    [`${ESC}[38;2;255;0;0mtrue${ESC}[0m`, 'true'],
    [`${ESC}[48;5;31mback ${ESC}[31mred`, 'back [error:red]'],
    ['\u009b31mred in eight bits', '[error:red in eight bits]'],
    ['two\nlines\twith a tab', 'two\nlines\twith a tab'],
  ])('turns %j into %j', (text, expected) => {
    expect(print(text)).toBe(expected);
  });

  it.each([
    [`${ESC}]0;a title\u0007text`, 'text'],
    [`${ESC}]8;;https://example.com${ESC}\\link${ESC}]8;;${ESC}\\ text`, 'link text'],
    [`${ESC}[2J${ESC}[1;1Htext`, 'text'],
    [`${ESC}(Btext`, 'text'],
    [`${ESC}Pdevice${ESC}\\text`, 'text'],
    ['bell\u0007 back\bspace return\rnull\u0000', 'bell backspace returnnull'],
    [`cut ${ESC}[3`, 'cut '],
    [`cut ${ESC}`, 'cut '],
    [`${ESC}]0;unfinished title\nnext line`, '\nnext line'],
    [`${ESC}[12ä`, 'ä'],
  ])('drops everything else: %j', (text, expected) => {
    expect(withoutAnsi(text)).toBe(expected);
  });

  it('never lets a control character through, whatever the text', () => {
    const seed = 20261123;
    const random = seeded(seed);
    const alphabet = [
      ESC,
      '[',
      ']',
      ';',
      'm',
      '3',
      '1',
      '\u0007',
      '\\',
      '\u009b',
      'x',
      '\n',
      'ä',
      'P',
    ];
    for (let round = 0; round < 2000; round++) {
      const length = Math.floor(random() * 30);
      const text = Array.from(
        { length },
        () => alphabet[Math.floor(random() * alphabet.length)] ?? '',
      ).join('');
      const shown = withoutAnsi(text);
      const note = `seed ${seed}, round ${round}, ${JSON.stringify(text)}`;

      expect(shown, note).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      expect(withoutAnsi(shown), note).toBe(shown);
    }
  });
});
