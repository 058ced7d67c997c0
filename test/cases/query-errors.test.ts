/**
 * Wrong queries and what is said about them (query-errors.txt). A case is the query, a line with
 * carets under the place of the error (one `|` where something is missing) and its message:
 *
 *     status==error
 *           ^^ Write "=" instead of "==".
 *
 * `<U+0007>` is that code unit and `<65×(>` is so many brackets; with these the place is given as
 * `@from,to`. `[logs]` before a query asks it of log records. `UPDATE_CASES=1` writes the file anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import type { QueryError, QueryTarget } from '../../electron/engine/query/ast.ts';
import { checkPatterns, checkTarget } from '../../electron/engine/query/check.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';

const FILE = new URL('query-errors.txt', import.meta.url);

interface Case {
  readonly written: string;
  readonly text: string;
  readonly target: QueryTarget;
  readonly expected: string;
}

const re2 = {
  compile(pattern: string): { ok: true } | { ok: false; message: string } {
    try {
      RE2JS.compile(pattern);
      return { ok: true };
    } catch (error) {
      return { ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  },
};

function readCases(): Case[] {
  const blocks = readFileSync(FILE, 'utf8').trimEnd().split('\n\n');
  return blocks.map((block) => {
    const [written = '', ...lines] = block.split('\n');
    const target = /^\[(logs|metrics)\] /.exec(written)?.[1] as QueryTarget | undefined;
    const query = target === undefined ? written : written.slice(target.length + 3);
    return { written, text: expand(query), target: target ?? 'traces', expected: lines.join('\n') };
  });
}

function expand(written: string): string {
  return written
    .replace(/<U\+([0-9A-F]{4})>/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/<(\d+)×(.+?)>(?!>)/g, (_, count: string, text: string) => text.repeat(Number(count)));
}

function errorOf({ text, target }: Case): QueryError | null {
  const parsed = parseQuery(text);
  if (!parsed.ok) return parsed.error;
  return checkTarget(parsed.query, target) ?? checkPatterns(parsed.query, re2);
}

function show(found: Case): string {
  const error = errorOf(found);
  if (error === null) return '(no error)';
  const { from, to, message } = error;
  if (/<(U\+|\d+×)/.test(found.written)) return `@${from},${to} ${message}`;
  const indent = ' '.repeat(found.written.length - found.text.length + from);
  return `${indent}${to === from ? '|' : '^'.repeat(to - from)} ${message}`;
}

describe('wrong queries', () => {
  const cases = readCases();
  if (process.env.UPDATE_CASES === '1') {
    writeFileSync(FILE, cases.map((one) => `${one.written}\n${show(one)}\n`).join('\n'));
  }

  it('has at least sixty cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });

  it.each(cases.map((one) => [one.written, one] as const))('explains %s', (_, one) => {
    expect(show(one)).toBe(one.expected);
  });

  it.each(cases.map((one) => [one.written, one] as const))('stays inside %s', (_, one) => {
    const error = errorOf(one);
    expect(error?.from).toBeGreaterThanOrEqual(0);
    expect(error?.to).toBeLessThanOrEqual(one.text.length);
    expect(error?.message).toMatch(/^[^\n]{10,220}$/);
  });
});
