/** What can be said about a query without data: whether each field can be compared that way. */
import { clip } from '../../../proto/query/characters.ts';
import type {
  CompareOp,
  Comparison,
  Expression,
  Field,
  Query,
  QueryError,
  QueryTarget,
  TextRange,
  Value,
} from './ast.ts';
import { ENUM_WORDS, fieldLabel, fieldType, idDigits, operatorsOf } from './fields.ts';
import { guessUnit, readMoment, readNumber, UNITS } from './values.ts';

/** The longest regular expression, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 1_000;

/** The part of a regular expression compiler that a check needs. */
export interface PatternCompiler {
  compile(
    pattern: string,
  ): { readonly ok: true } | { readonly ok: false; readonly message: string };
}

const ORDERED = ['<', '<=', '>', '>='];

/** Why a comparison makes no sense, or null. It has at least one value. */
export function checkComparison(
  field: Field,
  op: CompareOp,
  values: readonly Value[],
  at: TextRange,
): QueryError | null {
  const type = fieldType(field);
  const label = fieldLabel(field);
  if (!operatorsOf(type).includes(op))
    return { ...place(at), message: wrongOperator(label, type, op) };
  const second = values[1];
  if (second !== undefined && op === '~') {
    return { ...place(second), message: 'Write one pattern after "~", with "|" for any of.' };
  }
  if (second !== undefined && ORDERED.includes(op)) {
    return { ...place(second), message: `Compare with one value after "${op}".` };
  }
  for (const value of values) {
    const message = valueProblem(field, op, value);
    if (message !== null) return { ...place(value), message };
  }
  return null;
}

function place({ from, to }: TextRange): TextRange {
  return { from, to };
}

function wrongOperator(label: string, type: string, op: CompareOp): string {
  if (type === 'kind' || type === 'status' || type === 'level') {
    const example =
      type === 'kind' ? 'server,client' : type === 'status' ? 'error,unset' : 'error,fatal';
    const reason = op === '~' ? 'holds one of a few words' : 'has no order';
    return `${label} ${reason}; write for example ${label}:${example}.`;
  }
  if (type === 'id') return `${label} has no order; write ${label}: and hex digits.`;
  return `"~" is for texts; compare ${label} with = != < <= > >=.`;
}

function valueProblem(field: Field, op: CompareOp, value: Value): string | null {
  if (op === '~') {
    if (value.text === '') return 'Write a pattern after "~".';
    return value.text.length > MAX_PATTERN_LENGTH
      ? `A pattern has at most ${MAX_PATTERN_LENGTH.toLocaleString('en')} characters.`
      : null;
  }
  const label = fieldLabel(field);
  const type = fieldType(field);
  switch (type) {
    case 'text':
      return null;
    case 'attribute':
      return ORDERED.includes(op) ? orderProblem(value) : null;
    case 'kind':
    case 'status':
    case 'level':
      return wordProblem(type, value);
    case 'duration':
      return durationProblem(label, value);
    case 'count':
      return countProblem(label, value);
    case 'moment':
      return momentProblem(label, value);
    case 'id':
      return idProblem(label, idDigits(field), value);
  }
}

/** Against `<` and the like, a number with letters behind it was meant to have a unit. */
function orderProblem(value: Value): string | null {
  if (value.quoted) return null;
  const read = readNumber(value.text);
  return read.type === 'unknownUnit' ? unknownUnit(read.unit, value.text) : null;
}

function unknownUnit(unit: string, text: string): string {
  const guess = guessUnit(unit);
  const names = UNITS.map(({ name }) => name).filter((name) => name !== 'µs');
  if (guess === null) return `There is no unit "${clip(unit)}"; the units are ${names.join(' ')}.`;
  const number = text.slice(0, text.length - unit.length);
  return `There is no unit "${clip(unit)}"; write ${clip(number)}${guess}.`;
}

function wordProblem(type: 'kind' | 'status' | 'level', value: Value): string | null {
  const words: readonly string[] = ENUM_WORDS[type];
  const word = value.text.toLowerCase();
  if (!value.glob && words.includes(word)) return null;
  const list = words.join(', ');
  if (value.glob) return `${type} takes no wildcard; it is one of ${list}.`;
  const guess = guessWord(type, word, words);
  const hint = guess === null ? '' : ` Did you mean ${guess}?`;
  return `${type} is one of ${list}.${hint}`;
}

const SYNONYMS: Readonly<Record<string, string>> = {
  warning: 'warn',
  err: 'error',
  failed: 'error',
  failure: 'error',
  success: 'ok',
  information: 'info',
  notice: 'info',
  critical: 'fatal',
  crit: 'fatal',
  emergency: 'fatal',
  verbose: 'trace',
};

function guessWord(type: string, word: string, words: readonly string[]): string | null {
  const plain = word.replace(/^(span_kind_|status_code_|severity_number_)/, '');
  if (words.includes(plain)) return plain;
  const known = Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : undefined;
  if (known !== undefined && words.includes(known)) return known;
  if (type === 'status' && /^\d+$/.test(word)) return null;
  const near = words
    .map((candidate) => ({ candidate, distance: editDistance(word.slice(0, 20), candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.max(1, near.candidate.length / 3)
    ? near.candidate
    : null;
}

/** Levenshtein distance of two short words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function durationProblem(label: string, value: Value): string | null {
  const text = clip(value.text);
  if (value.glob || value.quoted) return `${label} is a number with a unit, such as 150ms or 2s.`;
  const read = readNumber(value.text);
  switch (read.type) {
    case 'none':
      return `"${text}" is no duration; write a number with a unit, such as 150ms or 2s.`;
    case 'unknownUnit':
      return unknownUnit(read.unit, value.text);
    case 'number':
      if (read.reading.unit === null) return `${label} needs a unit; write for example ${text}ms.`;
      if (read.reading.unit === 'bytes') {
        return `${label} is measured in time; use ns, us, ms, s, m or h.`;
      }
      return null;
  }
}

function countProblem(label: string, value: Value): string | null {
  if (value.glob || value.quoted || value.number === null) {
    return `${label} is a count; write a number, such as ${label}>10.`;
  }
  return value.number.unit === null ? null : `${label} is a count and takes no unit.`;
}

function momentProblem(label: string, value: Value): string | null {
  const example = '2026-05-01T14:30:00Z';
  if (value.glob) return `${label} takes no wildcard; write two comparisons with >= and <.`;
  switch (readMoment(value.text).type) {
    case 'moment':
      return null;
    case 'noZone':
      return 'Add Z for UTC or an offset such as +02:00 to the time.';
    case 'none':
      return `"${clip(value.text)}" is no moment; write a date such as ${example}, or Unix nanoseconds.`;
  }
}

function idProblem(label: string, digits: number, value: Value): string | null {
  const hex = value.glob ? value.text.replaceAll('*', '') : value.text;
  const wrong = /[^0-9a-fA-F]/.exec(hex)?.[0];
  if (wrong !== undefined) return `${label} has hex digits only, and "${wrong}" is none.`;
  if (value.glob) {
    return hex.length > digits
      ? `${label} has ${digits} hex digits; these are ${hex.length}.`
      : null;
  }
  if (hex.length === digits) return null;
  const fix = hex.length < digits ? ` Write ${clip(hex)}* to find its beginning.` : '';
  return `${label} has ${digits} hex digits; these are ${hex.length}.${fix}`;
}

/** Why a well-formed query cannot be asked of a target, or null. */
export function checkTarget(query: Query, target: QueryTarget): QueryError | null {
  if (query.root === null || target === 'traces' || target === 'spans') return null;
  const found = findNode(query.root, (node) => node.type === 'set' || node.type === 'structure');
  if (found === null) return null;
  const message =
    target === 'logs'
      ? 'Log records have no parent and child spans; write the clauses without { }.'
      : 'Metrics have no spans; write the clauses without { }.';
  return { ...place(found), message };
}

/** Why one of the query's regular expressions is none, or null. */
export function checkPatterns(query: Query, compiler: PatternCompiler): QueryError | null {
  if (query.root === null) return null;
  let error: QueryError | null = null;
  findNode(query.root, (node) => {
    if (node.type === 'compare') error = patternError(node, compiler);
    return error !== null;
  });
  return error;
}

function patternError(node: Comparison, compiler: PatternCompiler): QueryError | null {
  const value = node.values[0];
  if (node.op !== '~' || value === undefined) return null;
  const made = compiler.compile(value.text);
  return made.ok ? null : { ...place(value), message: patternMessage(made.message, value.text) };
}

/** What RE2 engines say about a pattern, in our words. */
export function patternMessage(engineMessage: string, pattern: string): string {
  const said = engineMessage.toLowerCase();
  const fragment = /`([^`]{1,30})`\s*$/.exec(engineMessage)?.[1];
  const part = fragment === undefined ? '' : ` "${fragment}"`;
  if (/^\*|^\+|^\?/.test(pattern)) {
    return `A pattern cannot begin with "${pattern.charAt(0)}"; write ".*" for any text.`;
  }
  if (/\(\?<?[=!]/.test(pattern)) {
    return 'Patterns have no look-ahead or look-behind; exclude with -field~pattern.';
  }
  if (/\\[1-9]/.test(pattern)) return 'Patterns have no back-references such as \\1.';
  if (said.includes('closing )') || said.includes('missing )')) {
    return 'The pattern lacks a ")"; write "\\(" for a bracket itself.';
  }
  if (said.includes('unexpected )')) {
    return 'The pattern has a ")" too many; write "\\)" for a bracket itself.';
  }
  if (said.includes('closing ]') || said.includes('missing ]')) {
    return 'The pattern lacks a "]"; write "\\[" for a bracket itself.';
  }
  if (said.includes('class range')) return `There is no range of characters${part}.`;
  if (said.includes('trailing')) return 'The pattern ends with "\\"; write "\\\\" for a backslash.';
  if (said.includes('too many repetitions')) {
    return 'The pattern repeats its parts too often; use smaller counts in {…}.';
  }
  if (said.includes('repeat count')) {
    return `The repetition${part} in the pattern counts down or beyond 1,000.`;
  }
  if (said.includes('missing argument')) return `Nothing stands before${part} in the pattern.`;
  if (said.includes('nested')) return `The pattern repeats a repetition${part}; use brackets.`;
  if (said.includes('escape')) return `RE2 knows no escape${part}; write "\\\\" for a backslash.`;
  if (said.includes('perl syntax')) return `RE2 knows no${part}; write "\\(" for a bracket itself.`;
  return 'The pattern is no regular expression of RE2.';
}

/** The first node in order of writing that `test` says yes to. */
function findNode(root: Expression, test: (node: Expression) => boolean): Expression | null {
  if (test(root)) return root;
  for (const child of childrenOf(root)) {
    const found = findNode(child, test);
    if (found !== null) return found;
  }
  return null;
}

/** The parts of a node, in order of writing. */
export function childrenOf(node: Expression): readonly Expression[] {
  switch (node.type) {
    case 'and':
    case 'or':
      return node.items;
    case 'not':
      return [node.item];
    case 'set':
      return node.item === null ? [] : [node.item];
    case 'structure':
      return [node.left, node.right];
    case 'text':
    case 'compare':
    case 'has':
      return [];
  }
}
