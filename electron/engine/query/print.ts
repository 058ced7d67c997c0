/** The tree as text, in one canonical form: parsing it again gives the same tree. */
import { writeField } from '../../../proto/query/edit.ts';
import { quoteText, quoteValue } from '../../../proto/query/quote.ts';
import type { Comparison, Expression, Value } from './ast.ts';

/**
 * Prints an expression; null prints as ''. `:` stands for equality, `-` for negation, a space for
 * `and`, and brackets only where they change the meaning.
 */
export function printQuery(expression: Expression | null): string {
  return expression === null ? '' : print(expression);
}

function print(node: Expression): string {
  switch (node.type) {
    case 'and':
      return node.items.map((item) => (item.type === 'or' ? group(item) : print(item))).join(' ');
    case 'or':
      return node.items.map(print).join(' or ');
    case 'not':
      return `-${isAtom(node.item) ? print(node.item) : group(node.item)}`;
    case 'text':
      return quoteText(node.value, node.quoted);
    case 'compare':
      return printComparison(node);
    case 'has':
      return `has:${writeField(node.field)}`;
    case 'set':
      return node.item === null ? '{ }' : `{ ${print(node.item)} }`;
    case 'structure':
      return `${print(node.left)} ${node.op} ${print(node.right)}`;
  }
}

function group(node: Expression): string {
  return `(${print(node)})`;
}

function isAtom(node: Expression): boolean {
  return (
    node.type === 'text' || node.type === 'compare' || node.type === 'has' || node.type === 'set'
  );
}

function printComparison({ field, op, values }: Comparison): string {
  const sign = op === '=' ? ':' : op;
  const printed = values.map((value) => printValue(value, op === '~'));
  return `${writeField(field)}${sign}${printed.join(',')}`;
}

function printValue({ text, quoted, glob }: Value, isPattern: boolean): string {
  if (quoted) return quoteText(text, true);
  return quoteValue(text, isPattern ? 'pattern' : glob ? 'glob' : 'plain');
}
