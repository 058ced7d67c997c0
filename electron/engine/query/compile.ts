/** Turns a query into a plan, or says what is wrong with it and where. */
import type { Filter } from '../../../proto/live/topics.ts';
import type { RegexCompiler, RegexTest } from '../config.ts';
import type { Expression, QueryError, QueryTarget, TextRange } from './ast.ts';
import { Needle } from './bytes-test.ts';
import { comparisonPlan, presencePlan } from './compile-field.ts';
import { checkTarget, patternMessage } from './check.ts';
import { parseQuery } from './parser.ts';
import {
  ALL,
  andPlan,
  fixedPart,
  isFixed,
  isOfTrace,
  notPlan,
  orPlan,
  stepPlan,
  type Atom,
  type CompiledQuery,
  type Formula,
  type Plan,
} from './plan.ts';
import { valueTest } from './value-test.ts';

export type Compiled =
  | { readonly ok: true; readonly query: CompiledQuery }
  | { readonly ok: false; readonly error: QueryError };

/** Comparisons, texts and presences of one query. */
export const MAX_CLAUSES = 1000;
/** `>>` of one query: each keeps a note per span while it runs. */
const MAX_DESCENTS = 16;
const MAX_PATTERN_LENGTH = 1000;
/** Each may take some ms to compile. */
const MAX_PATTERNS = 32;

/** Compiles the text of a filter; its services are one more condition on the item that matches. */
export function compile(filter: Filter, target: QueryTarget, regex: RegexCompiler): Compiled {
  const parsed = parseQuery(filter.text);
  if (!parsed.ok) return { ok: false, error: parsed.error };
  const misfit = checkTarget(parsed.query, target);
  if (misfit !== null) return { ok: false, error: misfit };
  return compileTree(parsed.query.root, parsed.query.text, filter, target, regex);
}

/** The same for a tree: `text` is what its ranges are about. */
export function compileTree(
  root: Expression | null,
  text: string,
  services: Pick<Filter, 'services' | 'notServices'>,
  target: QueryTarget,
  regex: RegexCompiler,
): Compiled {
  try {
    return { ok: true, query: new Compiler(text, target, regex).compile(root, services) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, error: error.error };
  }
}

/** Thrown inside the compiler, caught at its door. */
class Refusal extends Error {
  readonly error: QueryError;

  constructor({ from, to }: TextRange, message: string) {
    super(message);
    this.error = { from, to, message };
  }
}

/** What the compiler of fields needs of the query around them. */
export interface FieldContext {
  readonly target: QueryTarget;
  label(range: TextRange): string;
  refuse(range: TextRange, message: string): never;
  pattern(value: TextRange & { readonly text: string }): RegexTest;
}

const HEX_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i;

/** One side of an `or` of a trace search: a plan for one span, and what else has to be so. */
interface Alternative {
  readonly one: Plan;
  readonly rest: readonly Formula[];
}

class Compiler implements FieldContext {
  readonly target: QueryTarget;
  readonly #text: string;
  readonly #regex: RegexCompiler;
  readonly #atoms: Atom[] = [];
  readonly #patterns = new Map<string, RegexTest>();
  #clauses = 0;
  #descents = 0;

  constructor(text: string, target: QueryTarget, regex: RegexCompiler) {
    this.target = target;
    this.#text = text;
    this.#regex = regex;
  }

  compile(
    root: Expression | null,
    services: Pick<Filter, 'services' | 'notServices'>,
  ): CompiledQuery {
    const shown = servicePlan(services);
    const isEmpty = root === null && shown.type === 'all';
    const { target } = this;
    if (target !== 'traces') {
      const plan = andPlan([shown, root === null ? ALL : this.#item(root)]);
      return { target, isEmpty, plan, atoms: [], formula: allOf([]) };
    }
    const alternatives = root?.type === 'or' ? root.items : [root];
    const formula = this.#anyOf(alternatives.map((each) => this.#alternative(each, shown)));
    return { target, isEmpty, plan: ALL, atoms: this.#atoms, formula };
  }

  // ---- traces ----------------------------------------------------------------------------------

  /** All that is said plainly holds for one span, all that is negated for none. */
  #alternative(root: Expression | null, shown: Plan): Alternative {
    const clauses = root === null ? [] : root.type === 'and' ? root.items : [root];
    const ofOne: Plan[] = [shown];
    const ofNone: Plan[] = [];
    const rest: Formula[] = [];
    for (const clause of clauses) {
      const isNegated = clause.type === 'not';
      const said = isNegated ? clause.item : clause;
      if (said.type === 'set' || said.type === 'structure') {
        const found = this.#exists(this.#set(said));
        rest.push(isNegated ? { type: 'not', item: found } : found);
        continue;
      }
      const plan = this.#item(said);
      if (isOfTrace(plan)) {
        rest.push({ type: 'fact', plan: isNegated ? notPlan(plan) : plan });
      } else (isNegated ? ofNone : ofOne).push(plan);
    }
    // "None has a, and none has b" is "none has a or b": one look at each span.
    if (ofNone.length > 0) rest.push({ type: 'not', item: this.#exists(orPlan(ofNone)) });
    return { one: andPlan(ofOne), rest };
  }

  /** Alternatives that ask for one span and nothing else are one search: a span that fits any. */
  #anyOf(alternatives: readonly Alternative[]): Formula {
    const merged: Plan[] = [];
    const formulas: Formula[] = [];
    for (const { one, rest } of alternatives) {
      if (rest.length === 0 && one.type !== 'all' && isFixed(one)) merged.push(one);
      else if (one.type === 'all') formulas.push(allOf(rest));
      else formulas.push(allOf([...rest, this.#exists(one)]));
    }
    if (merged.length > 0) formulas.push(this.#exists(orPlan(merged)));
    return formulas.length === 1 ? formulas[0] : { type: 'or', items: formulas };
  }

  #exists(plan: Plan): Formula {
    return { type: 'exists', atom: this.#addAtom(plan) };
  }

  #addAtom(plan: Plan): number {
    const part = fixedPart(plan);
    this.#atoms.push({
      plan,
      fixed: part.type === 'all' && plan.type !== 'all' ? null : part,
      isFixed: isFixed(plan),
    });
    return this.#atoms.length - 1;
  }

  // ---- one item --------------------------------------------------------------------------------

  #item(expression: Expression): Plan {
    switch (expression.type) {
      case 'and':
        return andPlan(expression.items.map((item) => this.#item(item)));
      case 'or':
        return orPlan(expression.items.map((item) => this.#item(item)));
      case 'not':
        return notPlan(this.#item(expression.item));
      case 'text':
        this.#count(expression);
        return this.#words(expression.value, expression.quoted, this.label(expression));
      case 'compare':
        this.#count(expression);
        return comparisonPlan(this, expression);
      case 'has':
        this.#count(expression);
        return presencePlan(this, expression);
      case 'set':
      case 'structure': {
        const plan = this.#set(expression);
        if (this.target === 'spans' || plan.type === 'all') return plan;
        return { type: 'atom', atom: this.#addAtom(plan), cost: 40 };
      }
    }
  }

  /** The plan for the span that a set or the right end of a structure is about. */
  #set(expression: Extract<Expression, { type: 'set' | 'structure' }>): Plan {
    if (this.target === 'logs') {
      this.refuse(expression, 'Log records have no parent and child spans.');
    }
    if (this.target === 'metrics') this.refuse(expression, 'Metrics have no spans.');
    if (expression.type === 'set') {
      return expression.item === null ? ALL : this.#item(expression.item);
    }
    this.#count(expression);
    if (expression.op === '>>' && ++this.#descents > MAX_DESCENTS) {
      this.refuse(expression, `A query can have at most ${MAX_DESCENTS} ">>".`);
    }
    const left = this.#set(expression.left);
    const right = this.#set(expression.right);
    return { type: 'structure', op: expression.op, left, right, cost: left.cost + right.cost + 30 };
  }

  #words(value: string, quoted: boolean, label: string): Plan {
    if (value === '') return ALL;
    const needle = new Needle(value);
    const found = stepPlan({ kind: 'words', needle }, label, 1 + 2 / needle.length);
    if (quoted || !HEX_ID.test(value) || this.target === 'metrics') return found;
    const field = value.length === 32 ? 'trace' : 'span';
    const id = value.toLowerCase();
    const match = { verdict: 'holds', test: null, exact: [id] } as const;
    return orPlan([stepPlan({ kind: 'id', field, match }, label), found]);
  }

  // ---- FieldContext ----------------------------------------------------------------------------

  label({ from, to }: TextRange): string {
    return this.#text.slice(from, to);
  }

  refuse(range: TextRange, message: string): never {
    throw new Refusal(range, message);
  }

  pattern(value: TextRange & { readonly text: string }): RegexTest {
    if (value.text.length > MAX_PATTERN_LENGTH) {
      this.refuse(value, 'A regular expression can have at most 1,000 characters.');
    }
    const known = this.#patterns.get(value.text);
    if (known !== undefined) return known;
    if (this.#patterns.size === MAX_PATTERNS) {
      this.refuse(value, `A query can have at most ${MAX_PATTERNS} regular expressions.`);
    }
    const compiled = this.#regex.compile(value.text);
    if (!compiled.ok) this.refuse(value, patternMessage(compiled.message, value.text));
    this.#patterns.set(value.text, compiled);
    return compiled;
  }

  #count(range: TextRange): void {
    if (++this.#clauses > MAX_CLAUSES) {
      this.refuse(range, 'A query can have at most 1,000 conditions.');
    }
  }
}

function allOf(items: readonly Formula[]): Formula {
  return items.length === 1 ? items[0] : { type: 'and', items };
}

function servicePlan({ services, notServices }: Pick<Filter, 'services' | 'notServices'>): Plan {
  const named = (names: readonly string[], label: string): Plan => {
    const values = names.map((text) => ({
      text,
      quoted: true,
      glob: false,
      number: null,
      from: 0,
      to: 0,
    }));
    const match = { verdict: 'holds', test: valueTest('=', values, 1, null) } as const;
    return stepPlan({ kind: 'text', field: 'service', match }, label);
  };
  return andPlan([
    services.length === 0 ? ALL : named(services, 'services that are shown'),
    notServices.length === 0 ? ALL : notPlan(named(notServices, 'services that are hidden')),
  ]);
}
