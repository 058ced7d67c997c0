import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  groupFrames,
  parseStackTrace,
  topOwnFrame,
  type StackSection,
} from '../../renderer/base/stack-frames.ts';

const FOLDER = new URL('../cases/stack-traces/', import.meta.url);
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.replace('.txt', ''));
const textOf = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** One line a frame: `*` marks own ones, brackets name the library. */
function printed(sections: readonly StackSection[]): string {
  return sections
    .flatMap(({ header, relation, frames, notes }) => [
      `${relation === '' ? '' : `[${relation}] `}${header.replaceAll('\n', ' | ')}`,
      ...frames.map(
        ({ fn, file, line, column, source, isOwn, library }) =>
          `  ${isOwn ? '*' : '-'} ${fn} ${file}:${line}:${column}` +
          (isOwn ? '' : ` [${library}]`) +
          (source === '' ? '' : ` | ${source}`),
      ),
      ...notes.map((note) => `  # ${note}`),
    ])
    .join('\n');
}

describe('stack traces', () => {
  it.each(names)('are read as their language prints them: %s', async (name) => {
    const sections = parseStackTrace(textOf(`${name}.txt`), name.split('-')[0]);
    await expect(`${printed(sections)}\n`).toMatchFileSnapshot(
      `../cases/stack-traces/${name}.expected`,
    );
  });

  it.each(names)('are read the same when nobody says the language: %s', (name) => {
    const text = textOf(`${name}.txt`);
    expect(printed(parseStackTrace(text))).toBe(printed(parseStackTrace(text, name.split('-')[0])));
  });

  it('are read in spite of a wrong language and of Windows line ends', () => {
    const text = textOf('python-chained.txt').replaceAll('\n', '\r\n');
    expect(topOwnFrame(parseStackTrace(text, 'java'))?.line).toBe(88);
  });

  it('keep text that is no stack trace as the header', () => {
    expect(printed(parseStackTrace('just words\nand more'))).toBe('just words | and more');
    expect(parseStackTrace('\n \n')).toEqual([]);
  });

  it('end after a thousand frames of an endless recursion', () => {
    const text = `Error: x\n${'    at f (/app/a.js:1:1)\n'.repeat(5000)}`;
    expect(parseStackTrace(text)[0].frames).toHaveLength(1000);
  });

  it('take no longer than their length asks for', () => {
    for (const piece of [
      'at (',
      'a.b',
      '::',
      '    at ',
      'File "',
      '#1 ',
      '1: ',
      'from ',
      '@:1:1',
      '((',
    ]) {
      expect(() => parseStackTrace(piece.repeat(20_000)), piece).not.toThrow();
      expect(() => parseStackTrace(`${piece.repeat(200)}\n`.repeat(100)), piece).not.toThrow();
    }
  });
});

describe('groups of frames', () => {
  it('put own frames first and fold the libraries with their names', () => {
    const [section] = parseStackTrace(textOf('nodejs-cause.txt'));
    const groups = groupFrames(section.frames).map((group) =>
      group.type === 'own' ? group.frame.fn : `${group.frames.length} in ${group.names}`,
    );
    expect(groups).toEqual([
      'PspClient.authorize',
      'ChargeService.createCharge',
      '3 in node, fastify, @opentelemetry/instrumentation-http',
    ]);
  });

  it('show the innermost library frame when there is no own one', () => {
    const sections = parseStackTrace('Error: x\n    at a (node:net:1:2)\n    at b (node:fs:3:4)');
    expect(groupFrames(sections[0].frames).map(({ type }) => type)).toEqual(['own', 'library']);
    expect(topOwnFrame(sections)).toBeUndefined();
  });
});
