/** Plans for comparisons and presences: one field, its operator, its values. */
import { severityLevel } from '../../../proto/otlp/signal.ts';
import type { CompareOp, Comparison, Field, Intrinsic, Presence, Value } from './ast.ts';
import { KeySet, KeyTest } from './key-set.ts';
import type { FieldContext } from './compile.ts';
import { attributeNames, ENUM_WORDS } from './fields.ts';
import {
  stepPlan,
  type AttributeOwner,
  type FieldMatch,
  type NumberMatch,
  type Plan,
  type Step,
  type Verdict,
} from './plan.ts';
import { unitOfKey, valueTest, type ValueTest } from './value-test.ts';
import { readMoment } from './values.ts';

/** What is asked of a field: a comparison, or null for its presence. */
type Asked = Pick<Comparison, 'op' | 'values'> | null;

/** The plan of a comparison. Refuses what the field cannot be compared with. */
export function comparisonPlan(context: FieldContext, comparison: Comparison): Plan {
  return fieldPlan(context, comparison.field, comparison, context.label(comparison));
}

export function presencePlan(context: FieldContext, presence: Presence): Plan {
  return fieldPlan(context, presence.field, null, context.label(presence));
}

function fieldPlan(context: FieldContext, field: Field, asked: Asked, label: string): Plan {
  const step = stepOf(context, field, asked);
  if (step === null) return { type: 'never', label, cost: 0 };
  const pattern = asked?.op === '~' ? asked.values[0] : undefined;
  if (pattern === undefined) return stepPlan(step, label);
  // Regular expressions run after everything else of their kind.
  return stepPlan(step, label, 10 + context.pattern(pattern).size / 10);
}

/** The step for a field; null when items of the target never have it. */
function stepOf(context: FieldContext, field: Field, asked: Asked): Step | null {
  switch (field.type) {
    case 'intrinsic':
      return intrinsicStep(context, field.name, asked);
    case 'trace':
      if (context.target === 'metrics') return null;
      return {
        kind: 'fact',
        field: field.name,
        match: numberMatch(context, asked, field.name === 'duration' ? 'duration' : 'count'),
      };
    case 'attribute':
      return attributeStep(context, field, asked);
  }
}

const FIELDS_OF: Readonly<Record<FieldContext['target'], readonly Intrinsic[]>> = {
  traces: [
    'name',
    'service',
    'kind',
    'status',
    'duration',
    'start',
    'trace',
    'span',
    'parent',
    'root',
    'scope',
    'event',
  ],
  spans: [
    'name',
    'service',
    'kind',
    'status',
    'duration',
    'start',
    'trace',
    'span',
    'parent',
    'root',
    'scope',
    'event',
  ],
  logs: ['level', 'body', 'event', 'start', 'service', 'scope', 'trace', 'span', 'root'],
  metrics: ['name', 'service', 'scope'],
};

function intrinsicStep(context: FieldContext, name: Intrinsic, asked: Asked): Step | null {
  if (!FIELDS_OF[context.target].includes(name)) return null;
  switch (name) {
    case 'kind':
    case 'status':
    case 'level':
      return { kind: 'column', field: name, accepts: acceptedWords(context, name, asked) };
    case 'duration':
      return { kind: 'number', field: name, match: numberMatch(context, asked, 'duration') };
    case 'start':
      return { kind: 'number', field: name, match: numberMatch(context, asked, 'moment') };
    case 'trace':
    case 'span':
    case 'parent':
      return {
        kind: 'id',
        field: name,
        match: idMatch(context, asked, name === 'trace' ? 32 : 16),
      };
    case 'name':
    case 'service':
    case 'scope':
    case 'root':
    case 'body':
      return { kind: 'text', field: name, match: textMatch(context, asked) };
    case 'event':
      if (context.target === 'logs') {
        return { kind: 'text', field: 'eventName', match: textMatch(context, asked) };
      }
      return {
        kind: 'children',
        of: 'event',
        own: 'name',
        keys: new KeySet([]),
        ...textMatch(context, asked),
      };
  }
}

function attributeStep(
  context: FieldContext,
  field: Extract<Field, { type: 'attribute' }>,
  asked: Asked,
): Step | null {
  const { pin, key } = field;
  const { target } = context;
  const isOfSpan = target === 'traces' || target === 'spans';
  const verdict = verdictOf(asked);
  const keys = (): KeySet => keyTests(context, key, asked);
  const owned = (owner: AttributeOwner): Step => ({
    kind: 'attribute',
    owner,
    keys: keys(),
    verdict,
  });
  switch (pin) {
    case 'any':
      return owned(target === 'metrics' ? 'resource' : 'any');
    case 'resource':
    case 'scope':
      return owned(pin);
    case 'span':
      return isOfSpan ? owned('item') : null;
    case 'log':
      return target === 'logs' ? owned('item') : null;
    case 'event': {
      if (!isOfSpan) return null;
      const own = key === 'name' ? key : null;
      const { test } = textMatch(context, asked);
      return { kind: 'children', of: pin, own, test, keys: keys(), verdict };
    }
    case 'link': {
      if (!isOfSpan) return null;
      if (key !== 'trace' && key !== 'span') {
        return { kind: 'children', of: pin, own: null, test: null, keys: keys(), verdict };
      }
      const { test } = idMatch(context, asked, key === 'trace' ? 32 : 16);
      return { kind: 'children', of: pin, own: key, test, keys: keys(), verdict };
    }
  }
}

function verdictOf(asked: Asked): Verdict {
  if (asked === null) return 'present';
  return asked.op === '!=' ? 'differs' : 'holds';
}

function testOf(context: FieldContext, asked: NonNullable<Asked>, unitNs: number): ValueTest {
  const { op, values } = asked;
  return valueTest(op, values, unitNs, op === '~' ? context.pattern(values[0]) : null);
}

function textMatch(context: FieldContext, asked: Asked): FieldMatch {
  return {
    verdict: verdictOf(asked),
    test: asked === null ? null : testOf(context, asked, 1),
  };
}

/** Every name of the key; those that measure time in other units have tests of their own. */
function keyTests(context: FieldContext, key: string, asked: Asked): KeySet {
  const byUnit = new Map<number, ValueTest>();
  const tests = attributeNames(key).map((name) => {
    if (asked === null) return new KeyTest(name, null);
    const unitNs = unitOfKey(name);
    const test = byUnit.get(unitNs) ?? testOf(context, asked, unitNs);
    byUnit.set(unitNs, test);
    return new KeyTest(name, test);
  });
  return new KeySet(tests);
}

function idMatch(
  context: FieldContext,
  asked: Asked,
  digits: number,
): FieldMatch & { readonly exact: readonly string[] | null } {
  if (asked === null) return { verdict: 'present', test: null, exact: null };
  // Ids are compared in lower case; a pattern is on the lower-case id as it is.
  const values = asked.values.map((value) => ({ ...value, text: value.text.toLowerCase() }));
  const lower = asked.op === '~' ? asked : { op: asked.op, values };
  const isExact = asked.op === '=' && values.every(({ glob }) => !glob);
  const exact = isExact
    ? values
        .map(({ text }) => text)
        .filter((text) => text.length === digits && /^[0-9a-f]+$/.test(text))
    : null;
  return { verdict: verdictOf(asked), test: testOf(context, lower, 1), exact };
}

function numberMatch(
  context: FieldContext,
  asked: Asked,
  type: 'duration' | 'count' | 'moment',
): NumberMatch {
  if (asked === null) return { op: 'has', values: [] };
  const { op, values } = asked;
  if (op === '~') return context.refuse(values[0], 'A number cannot be matched by a pattern.');
  return { op, values: values.map((value) => exactValue(context, value, type)) };
}

function exactValue(
  context: FieldContext,
  value: Value,
  type: 'duration' | 'count' | 'moment',
): number | bigint {
  if (type === 'moment') {
    const moment = readMoment(value.text);
    if (moment.type === 'moment') return moment.unixNano;
    return context.refuse(value, 'Expected a time such as 2026-01-31T12:00:00Z.');
  }
  const { number } = value;
  if (number === null || (number.unit === 'duration') !== (type === 'duration')) {
    const expected =
      type === 'duration'
        ? 'Expected a duration with a unit, such as 100ms.'
        : 'Expected a number.';
    return context.refuse(value, expected);
  }
  const { int, double } = number;
  if (int === null) return double;
  return Number.isSafeInteger(Number(int)) ? Number(int) : int;
}

const SEVERITIES = 25;

/** Which numbers of an enum column fit, by number. */
function acceptedWords(
  context: FieldContext,
  field: 'kind' | 'status' | 'level',
  asked: Asked,
): Uint8Array {
  const accepts = new Uint8Array(256);
  if (asked === null) return accepts.fill(1);
  const words: readonly string[] = ENUM_WORDS[field];
  const wanted = asked.values.map((value) => {
    const place = words.indexOf(value.text.toLowerCase());
    if (place === -1) context.refuse(value, `Expected one of ${words.join(', ')}.`);
    return place;
  });
  for (let number = 0; number < accepts.length; number++) {
    const place =
      field === 'level' ? words.indexOf(severityLevel(number < SEVERITIES ? number : 0)) : number;
    if (fitsWord(asked.op, place, wanted)) accepts[number] = 1;
  }
  return accepts;
}

/** Words are in their order; the first one, unset, is neither less nor more than another. */
function fitsWord(op: CompareOp, place: number, wanted: readonly number[]): boolean {
  const isOrdered = place > 0 && wanted[0] > 0;
  switch (op) {
    case '=':
      return wanted.includes(place);
    case '!=':
      return !wanted.includes(place);
    case '<':
      return isOrdered && place < wanted[0];
    case '<=':
      return isOrdered && place <= wanted[0];
    case '>':
      return isOrdered && place > wanted[0];
    case '>=':
      return isOrdered && place >= wanted[0];
    case '~':
      return false;
  }
}
