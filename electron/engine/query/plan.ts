/**
 * What a query does to one item, in the order of its cost, and what a trace search makes of the items
 * of a trace. A plan knows no store: matchers bind it to one.
 *
 * ```
 *   text ─ parse ▶ tree ─ compile ▶ plan ─ bind (match-*.ts) ▶ predicates on rows of one store
 *
 *   trace search:  formula over  ∃ span: plan 0,  ∃ span: plan 1, …  and facts of the trace
 * ```
 */
import type { QueryTarget, TraceField } from './ast.ts';
import type { KeySet } from './key-set.ts';
import type { Needle } from './bytes-test.ts';
import type { ValueTest } from './value-test.ts';

/** What is asked of the values found: one passes; there are some and none passes; the field is there. */
export type Verdict = 'holds' | 'differs' | 'present';

/** A test on a field of texts. `test` is null for `present`. */
export interface FieldMatch {
  readonly verdict: Verdict;
  readonly test: ValueTest | null;
}

/** The message whose attributes are meant; `any` is the item's own, or else its resource's. */
export type AttributeOwner = 'any' | 'item' | 'resource' | 'scope';

export type Step =
  | {
      readonly kind: 'column';
      readonly field: 'kind' | 'status' | 'level';
      readonly accepts: Uint8Array;
    }
  | {
      readonly kind: 'text';
      readonly field: 'name' | 'service' | 'scope' | 'root' | 'body' | 'eventName';
      readonly match: FieldMatch;
    }
  | { readonly kind: 'number'; readonly field: 'start' | 'duration'; readonly match: NumberMatch }
  | { readonly kind: 'fact'; readonly field: TraceField; readonly match: NumberMatch }
  | { readonly kind: 'id'; readonly field: 'trace' | 'span' | 'parent'; readonly match: IdMatch }
  | {
      readonly kind: 'attribute';
      readonly owner: AttributeOwner;
      readonly keys: KeySet;
      readonly verdict: Verdict;
    }
  | {
      readonly kind: 'children';
      readonly of: 'event' | 'link';
      /** Also the child's own field: an event's name, a link's trace or span id. */
      readonly own: 'name' | 'trace' | 'span' | null;
      readonly test: ValueTest | null;
      readonly keys: KeySet;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'words'; readonly needle: Needle };

/** A comparison of an exact number; `values` has one but for equality. Empty: only presence is asked. */
export interface NumberMatch {
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'has';
  readonly values: readonly (number | bigint)[];
}

/** A comparison of an id. `exact` are whole ids when that is all there is to compare with. */
export interface IdMatch extends FieldMatch {
  readonly exact: readonly string[] | null;
}

/** `cost` is about ns an item; `label` is the text of the query that it comes from. */
export type Plan =
  | { readonly type: 'all'; readonly cost: 0 }
  | { readonly type: 'and' | 'or'; readonly items: readonly Plan[]; readonly cost: number }
  | { readonly type: 'not'; readonly item: Plan; readonly cost: number }
  | { readonly type: 'step'; readonly step: Step; readonly label: string; readonly cost: number }
  | { readonly type: 'never'; readonly label: string; readonly cost: 0 }
  | {
      readonly type: 'structure';
      readonly op: '>' | '>>';
      readonly left: Plan;
      readonly right: Plan;
      readonly cost: number;
    }
  /** Whether some span of the item's trace matches an atom: within the plan of another atom. */
  | { readonly type: 'atom'; readonly atom: number; readonly cost: number };

/** "Some span of the trace matches the plan." */
export interface Atom {
  readonly plan: Plan;
  /** What can be said of a span once and for all: the plan, or what it needs; null when nothing. */
  readonly fixed: Plan | null;
  /** Whether `fixed` is the whole plan. */
  readonly isFixed: boolean;
}

/** What decides about a trace. A `fact` is the same for every span of it, so any one will do. */
export type Formula =
  | { readonly type: 'and' | 'or'; readonly items: readonly Formula[] }
  | { readonly type: 'not'; readonly item: Formula }
  | { readonly type: 'exists'; readonly atom: number }
  | { readonly type: 'fact'; readonly plan: Plan };

/** A query that is ready to run. Immutable; one serves any number of matchers. */
export interface CompiledQuery {
  readonly target: QueryTarget;
  /** Everything matches. */
  readonly isEmpty: boolean;
  /** For items. For traces: `all`. */
  readonly plan: Plan;
  /** For traces. */
  readonly atoms: readonly Atom[];
  readonly formula: Formula;
}

export const ALL: Plan = { type: 'all', cost: 0 };

const COST = {
  column: 1,
  name: 3,
  number: 2,
  id: 4,
  owner: 4,
  trace: 30,
  walk: 100,
  child: 150,
  words: 500,
  atom: 40,
};

function stepCost(step: Step): number {
  switch (step.kind) {
    case 'column':
      return COST.column;
    case 'text':
      if (step.field === 'root') return COST.trace;
      return step.field === 'body' || step.field === 'eventName' ? COST.walk : COST.name;
    case 'number':
      return COST.number;
    case 'fact':
      return COST.trace;
    case 'id':
      return step.match.exact === null ? COST.trace : COST.id;
    case 'attribute':
      return step.owner === 'resource' || step.owner === 'scope'
        ? COST.owner
        : COST.walk + step.keys.tests.length * 5;
    case 'children':
      return COST.child;
    case 'words':
      return COST.words;
  }
}

/** A step of the query text `label`. `factor` makes the costlier of two alike come later. */
export function stepPlan(step: Step, label: string, factor = 1): Plan {
  return { type: 'step', step, label, cost: stepCost(step) * factor };
}

/** Both (or all) of these: the cheapest first, because it leaves fewer items to the next. */
export function andPlan(plans: readonly Plan[]): Plan {
  const items = plans
    .flatMap((plan) => (plan.type === 'and' ? plan.items : [plan]))
    .filter((plan) => plan.type !== 'all')
    .sort((a, b) => a.cost - b.cost);
  const never = items.find((plan) => plan.type === 'never');
  if (never !== undefined) return never;
  if (items.length < 2) return items[0] ?? ALL;
  return { type: 'and', items, cost: sumCost(items) };
}

export function orPlan(plans: readonly Plan[]): Plan {
  if (plans.some((plan) => plan.type === 'all')) return ALL;
  const items = plans
    .flatMap((plan) => (plan.type === 'or' ? plan.items : [plan]))
    .sort((a, b) => a.cost - b.cost);
  if (items.length === 1) return items[0];
  return { type: 'or', items, cost: sumCost(items) };
}

export function notPlan(item: Plan): Plan {
  if (item.type === 'not') return item.item;
  if (item.type === 'never') return ALL;
  return { type: 'not', item, cost: item.cost };
}

function sumCost(plans: readonly Plan[]): number {
  return plans.reduce((sum, plan) => sum + plan.cost, 0);
}

/** Whether the verdict on a span can never change while the span is kept. */
export function isFixed(plan: Plan): boolean {
  switch (plan.type) {
    case 'all':
    case 'never':
      return true;
    case 'and':
    case 'or':
      return plan.items.every(isFixed);
    case 'not':
      return isFixed(plan.item);
    case 'step':
      return (
        plan.step.kind !== 'fact' && !(plan.step.kind === 'text' && plan.step.field === 'root')
      );
    case 'structure':
    case 'atom':
      return false;
  }
}

/** Whether a plan says the same of every span of a trace. */
export function isOfTrace(plan: Plan): boolean {
  switch (plan.type) {
    case 'and':
    case 'or':
      return plan.items.every(isOfTrace);
    case 'not':
      return isOfTrace(plan.item);
    case 'step':
      return plan.step.kind === 'fact' || (plan.step.kind === 'text' && plan.step.field === 'root');
    case 'all':
    case 'never':
    case 'structure':
    case 'atom':
      return false;
  }
}

/** A fixed plan that everything passes which passes this one: what can be looked for beforehand. */
export function fixedPart(plan: Plan): Plan {
  if (isFixed(plan)) return plan;
  switch (plan.type) {
    case 'and':
      return andPlan(plan.items.map(fixedPart));
    case 'or':
      return orPlan(plan.items.map(fixedPart));
    case 'structure':
      return fixedPart(plan.right);
    case 'all':
    case 'never':
    case 'not':
    case 'step':
    case 'atom':
      return ALL;
  }
}

/** How many items cost about a quarter of a millisecond: a fit step between two looks at the clock. */
export function itemsPerStep(cost: number): number {
  return Math.max(1, Math.min(4096, Math.floor(250_000 / Math.max(cost, 20))));
}
