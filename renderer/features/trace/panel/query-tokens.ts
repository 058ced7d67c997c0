/** A query in tokens for colour and line breaks, whatever its language. */
import { parsedJson } from '../span-content.ts';
import type { DatabaseContent } from './database.ts';
import { formatSql, MAX_SQL, type SqlToken } from './sql.ts';

/** Tokens of a query, or of the start of one; joined they are its text with line breaks. */
export function queryTokens(query: string, language: DatabaseContent['language']): SqlToken[] {
  switch (language) {
    case 'sql':
      return formatSql(query);
    case 'json':
      return jsonTokens(query);
    case 'command':
      return commandTokens(query);
    case 'text':
      return [{ kind: 'name', text: query }];
  }
}

const JSON_TOKEN =
  /(?<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?<string>"(?:[^"\\]|\\.)*")|(?<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?<word>\b(?:true|false|null)\b)|(?<space>\s+)|(?<other>[\s\S])/g;

/** Lists this short stay on their line. */
const MAX_INLINE = 48;

/** Operators of MongoDB and the keys of maps are keywords; a cut text is shown as it is. */
function jsonTokens(query: string): SqlToken[] {
  const parsed = query.length > MAX_SQL ? null : parsedJson(query);
  if (parsed === null) return [{ kind: 'name', text: query }];
  const isFormatted = /\n/.test(query.trim());
  const text = isFormatted ? query : printed(parsed, '');
  return [...text.matchAll(JSON_TOKEN)].map((match): SqlToken => {
    const { key, string, number, word, space } = match.groups ?? {};
    const kind =
      key !== undefined || word !== undefined
        ? 'keyword'
        : string !== undefined
          ? 'string'
          : number !== undefined
            ? 'number'
            : space !== undefined
              ? 'space'
              : 'name';
    return { kind, text: match[0] };
  });
}

/** JSON with short maps and lists on one line. */
function printed(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const inner = `${indent}  `;
  const parts = isList
    ? value.map((each: unknown) => printed(each, inner))
    : Object.entries(value).map(
        ([key, each]: [string, unknown]) => `${JSON.stringify(key)}: ${printed(each, inner)}`,
      );
  const line = isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
  if (parts.length === 0) return `${open}${close}`;
  if (line.length + indent.length <= MAX_INLINE && !line.includes('\n')) return line;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** `HGETALL cart:1`: the first word of each line is the command. */
function commandTokens(query: string): SqlToken[] {
  return query.split(/(?<=\n)/).flatMap((line): SqlToken[] => {
    const [, command = '', rest = ''] = /^(\s*\S*)([\s\S]*)$/.exec(line) ?? [];
    return [
      { kind: 'keyword', text: command },
      { kind: 'name', text: rest },
    ];
  });
}
