/** Shows where a query is wrong. */
import { CliError, EXIT } from './exit.ts';
import { cellsOf, plain } from './terminal-text.ts';

/** Characters of the query shown on either side of the place. */
const AROUND = 60;

/** The message, the line of the query around the place, and carets under it. */
export function queryError(
  query: string,
  message: string,
  { from, to }: { readonly from: number; readonly to: number },
): CliError {
  const start = Math.max(query.lastIndexOf('\n', Math.max(0, from - 1)) + 1, from - AROUND);
  const lineEnd = query.indexOf('\n', from);
  const end = Math.min(lineEnd === -1 ? query.length : lineEnd, from + AROUND);
  const before = plain(query.slice(start, from));
  const marked = plain(query.slice(from, Math.max(from, Math.min(to, end))));
  const line = before + plain(query.slice(from, end));
  const carets = ' '.repeat(cellsOf(before)) + '^'.repeat(Math.max(1, cellsOf(marked)));
  return new CliError(EXIT.usage, `${message}\n  ${line}\n  ${carets}`);
}
