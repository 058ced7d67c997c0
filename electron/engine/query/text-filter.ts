/**
 * The simple text filter: words and "quoted texts" that all have to occur in the string values of an
 * item, `-word` ones that must not, and services to show or hide. Reads raw bytes; decodes nothing.
 */
import type { Filter } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, type ItemColumns, type StoreRead } from '../store/schema.ts';
import { walkStrings, type TextShape, type TextVisitor } from '../wire/walk-strings.ts';

/** One text to look for, in lower case; `ascii` are its bytes when it has only ASCII characters. */
export interface Needle {
  readonly text: string;
  readonly ascii: Uint8Array | null;
}

export interface TextTerms {
  readonly include: readonly Needle[];
  readonly exclude: readonly Needle[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const TERM = /(-?)(?:"([^"]*)"?|(\S+))/g;
const ASCII_ONLY = /^[\x20-\x7e]*$/;

/** Splits a filter text into its terms. An open quote reaches to the end; '-' alone is a word. */
export function parseTerms(text: string): TextTerms {
  const include: Needle[] = [];
  const exclude: Needle[] = [];
  for (const [, minus, quoted, bare] of text.matchAll(TERM)) {
    const word = (quoted ?? bare ?? '').toLowerCase();
    if (word === '') continue;
    const ascii = ASCII_ONLY.test(word) ? encoder.encode(word) : null;
    (minus === '-' ? exclude : include).push({ text: word, ascii });
  }
  return { include, exclude };
}

/** True when the filter lets everything through. */
export function isEmptyFilter(filter: Filter): boolean {
  return (
    filter.services.length === 0 && filter.notServices.length === 0 && filter.text.trim() === ''
  );
}

/** Whether a text has a needle, whatever the case. */
export function textHas(text: string, needle: Needle): boolean {
  return text.toLowerCase().includes(needle.text);
}

/** Whether the UTF-8 range has a needle, whatever the case. */
export function bytesHave(bytes: Uint8Array, start: number, end: number, needle: Needle): boolean {
  const wanted = needle.ascii;
  if (wanted === null) return textHas(decoder.decode(bytes.subarray(start, end)), needle);
  const length = wanted.length;
  const lower = wanted[0];
  const upper = lower >= 0x61 && lower <= 0x7a ? lower - 0x20 : lower;
  const last = end - length;
  for (let at = start; at <= last; at++) {
    const first = bytes[at];
    if (first !== lower && first !== upper) continue;
    let i = 1;
    for (; i < length; i++) {
      const byte = bytes[at + i];
      const folded = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
      if (folded !== wanted[i]) break;
    }
    if (i === length) return true;
  }
  return false;
}

/** What a filter says about one item. `excluded` beats everything else. */
export type Verdict = 'match' | 'miss' | 'excluded';

/** Applies one filter to items. Not reentrant; holds nothing of the store but a reference. */
export class ItemMatcher {
  readonly #store: StoreRead;
  readonly #services: ReadonlySet<string>;
  readonly #notServices: ReadonlySet<string>;
  readonly #terms: TextTerms;
  readonly #visitor: TermVisitor;

  constructor(store: StoreRead, filter: Filter) {
    this.#store = store;
    this.#services = new Set(filter.services);
    this.#notServices = new Set(filter.notServices);
    this.#terms = parseTerms(filter.text);
    this.#visitor = new TermVisitor(this.#terms);
  }

  /** Whether an excluded word can turn a match down: then every item has to be looked at. */
  get canExclude(): boolean {
    return this.#terms.exclude.length > 0;
  }

  allowsService(name: string): boolean {
    if (this.#services.size > 0 && !this.#services.has(name)) return false;
    return !this.#notServices.has(name);
  }

  /** For items that are plain texts already, as metrics of the catalog are. */
  matchesTexts(service: string, texts: readonly string[]): boolean {
    if (!this.allowsService(service)) return false;
    const has = (needle: Needle): boolean =>
      textHas(service, needle) || texts.some((text) => textHas(text, needle));
    return this.#terms.include.every(has) && !this.#terms.exclude.some(has);
  }

  /**
   * The verdict on the item at `row`. `shared` are texts that count as the item's own, such as its
   * trace's root name. An item of a service that is not shown is a miss.
   */
  judge(
    shape: TextShape,
    segments: readonly (ItemColumns | undefined)[],
    row: number,
    shared: readonly string[],
  ): Verdict {
    const segment = segments[row >>> SEGMENT_BITS];
    if (segment === undefined) return 'miss';
    const slot = row & SLOT_MASK;
    const { strings, resources, batches } = this.#store;
    const service = strings.get(resources.service(segment.resourceOf(slot)));
    const allowed = this.allowsService(service);
    if (!allowed && !this.canExclude) return 'miss';
    const visitor = this.#visitor;
    visitor.start();
    visitor.plain(service);
    for (const text of shared) visitor.plain(text);
    if (!visitor.isSettled) {
      const bytes = batches.bytesOf(segment.batchOf(slot), segment.offset[slot]);
      walkStrings(shape, bytes, 0, bytes.length, visitor);
    }
    if (visitor.isExcluded) return 'excluded';
    return allowed && visitor.missing === 0 ? 'match' : 'miss';
  }
}

/** Collects which terms occurred in the texts it is shown. */
class TermVisitor implements TextVisitor {
  readonly #terms: TextTerms;
  readonly #found: Uint8Array;
  missing = 0;
  isExcluded = false;

  constructor(terms: TextTerms) {
    this.#terms = terms;
    this.#found = new Uint8Array(terms.include.length);
  }

  start(): void {
    this.#found.fill(0);
    this.missing = this.#found.length;
    this.isExcluded = false;
  }

  /** True when further texts cannot change the verdict. */
  get isSettled(): boolean {
    return this.isExcluded || (this.missing === 0 && this.#terms.exclude.length === 0);
  }

  plain(text: string): void {
    this.#terms.include.forEach((needle, i) => {
      if (this.#found[i] === 0 && textHas(text, needle)) this.#take(i);
    });
    if (this.#terms.exclude.some((needle) => textHas(text, needle))) this.isExcluded = true;
  }

  text(bytes: Uint8Array, start: number, end: number): boolean {
    const { include, exclude } = this.#terms;
    for (let i = 0; i < include.length; i++) {
      if (this.#found[i] === 0 && bytesHave(bytes, start, end, include[i])) this.#take(i);
    }
    for (const needle of exclude) {
      if (bytesHave(bytes, start, end, needle)) this.isExcluded = true;
    }
    return this.isSettled;
  }

  #take(i: number): void {
    this.#found[i] = 1;
    this.missing--;
  }
}
