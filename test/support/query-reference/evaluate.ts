/**
 * The slow, obvious evaluator of queries: decoded objects, arrays, strings and bigints. Written from
 * docs/query.md alone; it shares with the executor the parser, the table of retired names and the
 * regular expressions.
 */
import type {
  Comparison,
  CompareOp,
  Expression,
  Presence,
} from '../../../electron/engine/query/ast.ts';
import { fits } from './compare.ts';
import { findField, namesOf } from './fields.ts';
import type { ReferenceData, ReferenceItem, ReferenceSpan } from './items.ts';
import { hasText } from './text.ts';

/** Answers queries over what is in memory. */
export class Reference {
  readonly #data: ReferenceData;

  constructor(data: ReferenceData) {
    this.#data = data;
  }

  /** Whether one span or log record matches. `inTrace`: sets speak of the trace. */
  item(expression: Expression | null, item: ReferenceItem, inTrace = false): boolean {
    if (expression === null) return true;
    switch (expression.type) {
      case 'and':
        return expression.items.every((part) => this.item(part, item, inTrace));
      case 'or':
        return expression.items.some((part) => this.item(part, item, inTrace));
      case 'not':
        return !this.item(expression.item, item, inTrace);
      case 'text':
        return hasText(item, expression.value, expression.quoted);
      case 'has':
        return this.#presence(expression, item);
      case 'compare':
        return this.#comparison(expression, item);
      case 'set':
      case 'structure': {
        if (item.type === 'log') throw new Error('a set of a log record');
        if (!inTrace) return this.#set(expression, item, false);
        const all = this.#data.byTrace.get(item.span.traceId) ?? [];
        return all.some((span) => this.#set(expression, span, true));
      }
    }
  }

  #set(
    expression: Extract<Expression, { type: 'set' | 'structure' }>,
    item: ReferenceSpan,
    inTrace: boolean,
  ): boolean {
    if (expression.type === 'set') {
      return expression.item === null || this.item(expression.item, item, inTrace);
    }
    if (!this.#set(expression.right, item, inTrace)) return false;
    const seen = new Set<ReferenceSpan>();
    for (
      let above = this.#data.parentOf(item);
      above !== undefined && !seen.has(above);
      above = this.#data.parentOf(above)
    ) {
      if (this.#set(expression.left, above, inTrace)) return true;
      if (expression.op === '>') return false;
      seen.add(above);
    }
    return false;
  }

  /** Whether a trace matches; `shown` says which services are. */
  trace(root: Expression | null, traceId: string, shown: (service: string) => boolean): boolean {
    const spans = this.#data.byTrace.get(traceId) ?? [];
    const alternatives = root?.type === 'or' ? root.items : [root];
    return alternatives.some((alternative) => {
      const clauses =
        alternative === null ? [] : alternative.type === 'and' ? alternative.items : [alternative];
      const plain = clauses.filter(({ type }) => type !== 'not');
      const sets = plain.filter(({ type }) => type === 'set' || type === 'structure');
      const ofOne = plain.filter((clause) => !sets.includes(clause));
      return (
        spans.some(
          (span) => shown(span.service) && ofOne.every((clause) => this.item(clause, span, true)),
        ) &&
        sets.every((set) => spans.some((span) => this.item(set, span, true))) &&
        clauses.every(
          (clause) =>
            clause.type !== 'not' || !spans.some((span) => this.item(clause.item, span, true)),
        )
      );
    });
  }

  #presence({ field }: Presence, item: ReferenceItem): boolean {
    return namesOf(field).some((name) => findField(this.#data, field, name, item) !== null);
  }

  #comparison({ field, op, values }: Comparison, item: ReferenceItem): boolean {
    const found = namesOf(field).flatMap((name) =>
      (findField(this.#data, field, name, item) ?? []).map((scalar) => ({ name, scalar })),
    );
    const holds = (asked: CompareOp): boolean =>
      found.some(({ name, scalar }) =>
        values.some((value) => fits(field, name, asked, scalar, value)),
      );
    return op === '!=' ? found.length > 0 && !holds('=') : holds(op);
  }
}
