/**
 * Filter for, filter out, only this: what every attribute, service, level and chip offers. Each edits
 * the query of the screen that lists such items, in its text, and goes there as a step of its own in
 * the browser's history.
 */
import type { JsonValue } from '../../proto/live/methods.ts';
import { addClause, onlyThis, type ClauseSpec, type FieldName } from '../../proto/query/edit.ts';
import type { AttributePin } from '../../proto/query/words.ts';
import { parseHash, type Route } from './route.svelte.ts';

/** The value of a clause. */
export type FilterValue = ClauseSpec['values'][number];

/** What an action needs of the session. */
export interface FilterPlace {
  readonly route: Pick<Route, 'screen' | 'isBeside' | 'go' | 'setList' | 'hrefOfScreen'>;
}

/** Screens whose `q` is a query, with the parameter of the selected row. Others go to the traces. */
const SELECTION: Readonly<Record<string, string>> = { traces: 'trace', logs: 'row', metrics: '' };

/** Adds `field:value` to the query. Without a value, `has:field`. */
export function filterFor(at: FilterPlace, field: FieldName, value: FilterValue | null): void {
  edit(at, (query) => addClause(query, clauseOf(field, value, false)));
}

/** Adds `-field:value` to the query. */
export function filterOut(at: FilterPlace, field: FieldName, value: FilterValue | null): void {
  edit(at, (query) => addClause(query, clauseOf(field, value, true)));
}

/** Puts `field:value` into the place of all that the query says of the field. */
export function filterOnly(at: FilterPlace, field: FieldName, value: FilterValue | null): void {
  edit(at, (query) => onlyThis(query, clauseOf(field, value, false)));
}

/** An attribute's value as a clause has it; null for one that no clause can equal. */
export function filterValueOf(value: JsonValue): FilterValue | null {
  switch (value.type) {
    case 'string':
      return { text: value.value, isString: true };
    case 'int':
      return { text: value.value, isString: false };
    case 'double':
    case 'bool':
      return { text: String(value.value), isString: false };
    case 'empty':
    case 'array':
    case 'kvlist':
    case 'bytes':
      return null;
  }
}

function clauseOf(field: FieldName, value: FilterValue | null, negated: boolean): ClauseSpec {
  return { field, values: value === null ? [] : [value], negated };
}

function edit({ route }: FilterPlace, change: (query: string) => string): void {
  const screen = Object.hasOwn(SELECTION, route.screen) ? route.screen : 'traces';
  const { params } = parseHash(route.hrefOfScreen(screen));
  const q = change(params['q'] ?? '');
  // The rows of the list become others: what is selected among them is let go.
  if (route.isBeside) {
    route.setList({ q, trace: '' }, 'push');
    return;
  }
  route.go({ screen, params: { ...params, q, [SELECTION[screen] ?? '']: '' } });
}

/** One thing that can be done with an attribute. */
export interface FilterAction {
  readonly label: string;
  run(): void;
}

/** Filter for, filter out and only this for an attribute; by its presence where no value can do. */
export function attributeActions(
  at: FilterPlace,
  pin: AttributePin | 'any',
  key: string,
  value: JsonValue,
): FilterAction[] {
  const field = { type: 'attribute', pin, key } as const;
  const wanted = filterValueOf(value);
  const what = wanted === null ? 'this attribute' : 'this value';
  return [
    { label: `Filter for ${what}`, run: () => filterFor(at, field, wanted) },
    { label: `Filter out ${what}`, run: () => filterOut(at, field, wanted) },
    { label: `Only ${what}`, run: () => filterOnly(at, field, wanted) },
  ];
}
