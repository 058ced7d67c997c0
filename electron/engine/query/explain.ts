/** Prints what a compiled query does, one line a step, cheapest first. */
import type { CompiledQuery, Formula, Plan, Step } from './plan.ts';

/** What a step reads, for people. */
function reads(step: Step): string {
  switch (step.kind) {
    case 'column':
      return 'column';
    case 'text':
      if (step.field === 'root') return 'name of the root span, once per trace';
      if (step.field === 'body' || step.field === 'eventName') return 'bytes of the record';
      return `${step.field}, once per distinct one`;
    case 'number':
      return 'time columns';
    case 'fact':
      return 'trace index';
    case 'id':
      return step.field === 'trace' ? 'trace index' : 'id columns';
    case 'attribute':
      switch (step.owner) {
        case 'resource':
          return 'resource, once per distinct one';
        case 'scope':
          return 'scope, once per distinct one';
        case 'item':
          return 'bytes of the attributes';
        case 'any':
          return 'bytes of the attributes, else the resource';
      }
      break;
    case 'children':
      return step.of === 'event' ? 'bytes of the events' : 'bytes of the links';
    case 'words':
      return 'bytes of the item, then its texts; resource and scope once each';
  }
}

function planLines(plan: Plan, indent: string): string[] {
  switch (plan.type) {
    case 'all':
      return [`${indent}everything`];
    case 'never':
      return [`${indent}nothing: ${plan.label} is never there`];
    case 'and':
    case 'or': {
      const head = plan.type === 'and' ? 'all of, in this order' : 'one of, in this order';
      return [`${indent}${head}`, ...plan.items.flatMap((item) => planLines(item, `${indent}  `))];
    }
    case 'not':
      return [`${indent}not`, ...planLines(plan.item, `${indent}  `)];
    case 'step':
      return [`${indent}${plan.label}   (${reads(plan.step)})`];
    case 'structure': {
      const head = plan.op === '>' ? 'whose parent is' : 'with an ancestor that is';
      return [
        ...planLines(plan.right, indent),
        `${indent}${head}`,
        ...planLines(plan.left, `${indent}  `),
      ];
    }
    case 'atom':
      return [`${indent}the trace has a span of search ${plan.atom + 1}`];
  }
}

function formulaLines(formula: Formula, indent: string): string[] {
  switch (formula.type) {
    case 'and':
    case 'or': {
      if (formula.items.length === 0) return [`${indent}every trace`];
      const head = formula.type === 'and' ? 'all of' : 'one of';
      return [
        `${indent}${head}`,
        ...formula.items.flatMap((item) => formulaLines(item, `${indent}  `)),
      ];
    }
    case 'not':
      return [`${indent}not`, ...formulaLines(formula.item, `${indent}  `)];
    case 'exists':
      return [`${indent}a span of search ${formula.atom + 1}`];
    case 'fact':
      return planLines(formula.plan, indent);
  }
}

/** The plan as text. A trace search has its searches for single spans first, then what decides. */
export function explain(query: CompiledQuery): string {
  if (query.target !== 'traces') return [query.target, ...planLines(query.plan, '  ')].join('\n');
  const lines = query.atoms.flatMap((atom, i) => {
    const how = atom.isFixed ? 'each span once' : 'again when the trace changes';
    return [`search ${i + 1}: spans, ${how}`, ...planLines(atom.plan, '  ')];
  });
  return [...lines, 'traces', ...formulaLines(query.formula, '  ')].join('\n');
}
