/** Predicates on what items share: their resource, its service, their instrumentation scope. */
import { INSTRUMENTATION_SCOPE, RESOURCE } from '../../../proto/otlp/fields.ts';
import type { ItemColumns, StoreRead } from '../store/schema.ts';
import { WIRE } from '../wire/cursor.ts';
import { walkStrings } from '../wire/walk-strings.ts';
import { findAttributes, FOUND } from './attribute-walk.ts';
import type { KeySet } from './key-set.ts';
import type { Needle } from './bytes-test.ts';
import { fitsText, RowVerdicts, type Epoch, type Predicate } from './predicate.ts';
import type { FieldMatch, Verdict } from './plan.ts';

/** What FOUND bits mean for a verdict. */
export function fitsFound(verdict: Verdict, found: number): boolean {
  switch (verdict) {
    case 'holds':
      return (found & FOUND.holds) !== 0;
    case 'differs':
      return (found & (FOUND.value | FOUND.holds)) === FOUND.value;
    case 'present':
      return found !== 0;
  }
}

/** The bits after which nothing changes a verdict. */
export function enoughFor(verdict: Verdict): number {
  return verdict === 'present' ? FOUND.present : FOUND.holds;
}

const RESOURCE_TAG = (RESOURCE.attributes << 3) | WIRE.len;
const SCOPE_TAG = (INSTRUMENTATION_SCOPE.attributes << 3) | WIRE.len;

/** Verdicts on resources. What a row holds is known by the buffer its message was copied to. */
abstract class ResourceVerdicts extends RowVerdicts {
  protected readonly store: StoreRead;

  constructor(store: StoreRead, epoch: Epoch) {
    super(epoch);
    this.store = store;
  }

  protected held(row: number): unknown {
    return this.store.resources.bytes(row).buffer;
  }
}

abstract class ScopeVerdicts extends RowVerdicts {
  protected readonly store: StoreRead;

  constructor(store: StoreRead, epoch: Epoch) {
    super(epoch);
    this.store = store;
  }

  protected held(row: number): unknown {
    return this.store.scopes.bytes(row).buffer;
  }
}

/** FOUND bits of attributes of resources. */
export class ResourceAttributes extends ResourceVerdicts {
  readonly #keys: KeySet;
  readonly #verdict: Verdict;

  constructor(store: StoreRead, epoch: Epoch, keys: KeySet, verdict: Verdict) {
    super(store, epoch);
    this.#keys = keys;
    this.#verdict = verdict;
  }

  protected judge(row: number): number {
    const bytes = this.store.resources.bytes(row);
    const enough = enoughFor(this.#verdict);
    return findAttributes(bytes, 0, bytes.length, RESOURCE_TAG, this.#keys, enough);
  }
}

/** FOUND bits of attributes of scopes. */
export class ScopeAttributes extends ScopeVerdicts {
  readonly #keys: KeySet;
  readonly #verdict: Verdict;

  constructor(store: StoreRead, epoch: Epoch, keys: KeySet, verdict: Verdict) {
    super(store, epoch);
    this.#keys = keys;
    this.#verdict = verdict;
  }

  protected judge(row: number): number {
    const bytes = this.store.scopes.bytes(row);
    const enough = enoughFor(this.#verdict);
    return findAttributes(bytes, 0, bytes.length, SCOPE_TAG, this.#keys, enough);
  }
}

/** 1 for resources of a service that fits. */
export class ServiceVerdicts extends ResourceVerdicts {
  readonly #match: FieldMatch;

  constructor(store: StoreRead, epoch: Epoch, match: FieldMatch) {
    super(store, epoch);
    this.#match = match;
  }

  protected judge(row: number): number {
    const { strings, resources } = this.store;
    return fitsText(this.#match, strings.get(resources.service(row))) ? 1 : 0;
  }
}

/** 1 for scopes whose name fits; a scope without one has none. */
export class ScopeNameVerdicts extends ScopeVerdicts {
  readonly #match: FieldMatch;

  constructor(store: StoreRead, epoch: Epoch, match: FieldMatch) {
    super(store, epoch);
    this.#match = match;
  }

  protected judge(row: number): number {
    const name = this.store.scopes.name(row);
    return fitsText(this.#match, name === '' ? null : name) ? 1 : 0;
  }
}

/** 1 for resources that have a text: in their attributes or as their service. */
export class ResourceWords extends ResourceVerdicts {
  readonly #needle: Needle;

  constructor(store: StoreRead, epoch: Epoch, needle: Needle) {
    super(store, epoch);
    this.#needle = needle;
  }

  protected judge(row: number): number {
    const { strings, resources } = this.store;
    const needle = this.#needle;
    if (needle.occursIn(strings.get(resources.service(row)))) return 1;
    const bytes = resources.bytes(row);
    const visitor = {
      text: (text: Uint8Array, start: number, end: number) => needle.occurs(text, start, end),
    };
    return walkStrings('resource', bytes, 0, bytes.length, visitor) ? 1 : 0;
  }
}

/** 1 for scopes that have a text in their name. */
export class ScopeWords extends ScopeVerdicts {
  readonly #needle: Needle;

  constructor(store: StoreRead, epoch: Epoch, needle: Needle) {
    super(store, epoch);
    this.#needle = needle;
  }

  protected judge(row: number): number {
    return this.#needle.occursIn(this.store.scopes.name(row)) ? 1 : 0;
  }
}

/** Items whose resource has a verdict that fits. */
export class ResourcePredicate<S extends ItemColumns> implements Predicate<S> {
  readonly #verdicts: RowVerdicts;
  readonly #fits: Uint8Array;

  constructor(verdicts: RowVerdicts, fits: (verdict: number) => boolean) {
    this.#verdicts = verdicts;
    this.#fits = fitTable(fits);
  }

  /** Hot loop: items in a row mostly share their resource. */
  select(segment: S, slots: Int32Array, count: number): number {
    let last = -1;
    let fits = 0;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const row = segment.resourceOf(slot);
      if (row !== last) {
        last = row;
        fits = this.#fits[this.#verdicts.of(row)];
      }
      slots[kept] = slot;
      kept += fits;
    }
    return kept;
  }
}

/** Items whose scope has a verdict that fits. */
export class ScopePredicate<S extends ItemColumns> implements Predicate<S> {
  readonly #verdicts: RowVerdicts;
  readonly #fits: Uint8Array;

  constructor(verdicts: RowVerdicts, fits: (verdict: number) => boolean) {
    this.#verdicts = verdicts;
    this.#fits = fitTable(fits);
  }

  /** Hot loop. */
  select(segment: S, slots: Int32Array, count: number): number {
    let last = -1;
    let fits = 0;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const row = segment.scopeOf(slot);
      if (row !== last) {
        last = row;
        fits = this.#fits[this.#verdicts.of(row)];
      }
      slots[kept] = slot;
      kept += fits;
    }
    return kept;
  }
}

function fitTable(fits: (verdict: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, verdict) => (fits(verdict) ? 1 : 0));
}
