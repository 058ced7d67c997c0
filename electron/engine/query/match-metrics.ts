/** Applies a query to metrics of the catalog: few, so that each is looked at as a whole. */
import { SEGMENT_BITS, SLOT_MASK, type MetricEntry, type StoreRead } from '../store/schema.ts';
import { fitsFound, ResourceAttributes, ResourceWords, ScopeAttributes } from './match-owners.ts';
import { Epoch, fitsText, type RowVerdicts } from './predicate.ts';
import type { CompiledQuery, Plan, Step } from './plan.ts';

type Test = (metric: MetricEntry, resources: readonly number[]) => boolean;

/** For queries of the target `metrics`. A resource of any of its series is the metric's. */
export class MetricMatcher {
  readonly #store: StoreRead;
  readonly #epoch: Epoch;
  readonly #test: Test;

  constructor(store: StoreRead, query: CompiledQuery) {
    this.#store = store;
    this.#epoch = new Epoch(store);
    this.#test = this.#bind(query.plan);
  }

  matches(metric: MetricEntry): boolean {
    this.#epoch.refresh();
    return this.#test(metric, resourcesOf(this.#store, metric));
  }

  #bind(plan: Plan): Test {
    switch (plan.type) {
      case 'all':
        return () => true;
      case 'never':
        return () => false;
      case 'and': {
        const tests = plan.items.map((item) => this.#bind(item));
        return (metric, resources) => tests.every((test) => test(metric, resources));
      }
      case 'or': {
        const tests = plan.items.map((item) => this.#bind(item));
        return (metric, resources) => tests.some((test) => test(metric, resources));
      }
      case 'not': {
        const test = this.#bind(plan.item);
        return (metric, resources) => !test(metric, resources);
      }
      case 'step':
        return this.#step(plan.step);
      case 'structure':
      case 'atom':
        throw new Error('metrics have no spans');
    }
  }

  #step(step: Step): Test {
    const store = this.#store;
    switch (step.kind) {
      case 'text':
        return ({ name, service, scope }) => {
          if (step.field === 'name') return fitsText(step.match, name);
          if (step.field === 'service') return fitsText(step.match, store.strings.get(service));
          const scopeName = store.scopes.name(scope);
          return fitsText(step.match, scopeName === '' ? null : scopeName);
        };
      case 'words': {
        const { needle } = step;
        const words = new ResourceWords(store, this.#epoch, needle);
        return ({ name, description, unit, service, scope }, resources) =>
          [name, description, unit, store.strings.get(service), store.scopes.name(scope)].some(
            (text) => needle.occursIn(text),
          ) || resources.some((row) => words.of(row) === 1);
      }
      case 'attribute': {
        const { keys, verdict } = step;
        if (step.owner === 'scope') {
          const verdicts = new ScopeAttributes(store, this.#epoch, keys, verdict);
          return ({ scope }) => fitsFound(verdict, verdicts.of(scope));
        }
        const verdicts = new ResourceAttributes(store, this.#epoch, keys, verdict);
        return (_metric, resources) => fitsFound(verdict, together(verdicts, resources));
      }
      case 'column':
      case 'number':
      case 'fact':
      case 'id':
      case 'children':
        throw new Error(`metrics have no step ${step.kind}`);
    }
  }
}

/** FOUND bits of several resources: their values are values of one field. */
function together(verdicts: RowVerdicts, resources: readonly number[]): number {
  return resources.reduce((found, row) => found | verdicts.of(row), 0);
}

function resourcesOf({ metrics, points }: StoreRead, metric: MetricEntry): readonly number[] {
  const rows = new Set<number>();
  for (const series of metric.series) {
    const row = metrics.seriesOf(series).lastPoint;
    const segment = row === -1 ? undefined : points.segments[row >>> SEGMENT_BITS];
    if (segment !== undefined) rows.add(segment.resourceOf(row & SLOT_MASK));
  }
  return [...rows];
}
