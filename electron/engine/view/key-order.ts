/**
 * The descending order of many keys, of which only the part that is looked at gets sorted, a bounded
 * piece of work at a time.
 *
 * ```
 *   root ─┬─ larger keys ─┬─ …            a group is a chain of indexes in the order of arrival
 *         │               └─ sorted       until a place in it is asked for: then a large one is
 *         ├─ … as they came               dealt out to smaller groups, a small one is sorted
 *         └─ smaller keys
 * ```
 * Keys may be added and removed at any time; both cost a few dozen ns and keep every other place.
 */
import { orderByValue } from './order-by-value.ts';

/** Sign, exponent and three bits of mantissa of a float32, so bits above this are the first group. */
const GROUP_SHIFT = 20;
const FIRST_GROUPS = 1 << (31 - GROUP_SHIFT);
/** Groups that a large one is dealt out to. */
const FAN = 256;
/** A group of so many keys is sorted at once. */
const SMALL = 1024;
/** Keys dealt out or copied in one piece of work. */
const KEYS_PER_STEP = 2048;

const CHUNK_BITS = 13;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;
/** The end of a chain. */
const NONE = -1;
/** The key of an index that was removed. */
const REMOVED = -1;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Number of the first group of a key, the largest keys first. An eighth of an octave each. */
function firstGroupOf(key: number): number {
  scratch[0] = key;
  return FIRST_GROUPS - 1 - (scratchBits[0] >>> GROUP_SHIFT);
}

/** Keys between two bounds. */
class Group {
  /** Keys that are in the order, those of smaller groups included. */
  count = 0;
  /** Chain of the indexes that are not dealt out, rising. */
  head = NONE;
  tail = NONE;
  /** Length of the chain since it began, what was removed since included. */
  chained = 0;
  low = Infinity;
  high = -Infinity;
  groups: (Group | undefined)[] | undefined;
  /** Bounds that the groups were laid out for. */
  top = 0;
  span = 0;
  /** Indexes in order, and how many keys they were taken from. */
  sorted: Int32Array | undefined;
  sortedOf = 0;
  /** While equal keys are copied: how many are, and which is next. */
  copied = 0;
  copyAt = NONE;

  groupOf(key: number): number {
    const group = Math.floor(((this.top - key) / this.span) * FAN);
    return Math.max(0, Math.min(FAN - 1, group));
  }
}

export class KeyOrder {
  readonly #keys: Float64Array[] = [];
  readonly #next: Int32Array[] = [];
  readonly #first: (Group | undefined)[] = Array.from({ length: FIRST_GROUPS }, () => undefined);
  /** Keys that were ever added: the next index. */
  #added = 0;
  #length = 0;

  /** Keys that are in the order. */
  get length(): number {
    return this.#length;
  }

  /** The key of an index that was not removed. */
  keyOf(index: number): number {
    return this.#keys[index >>> CHUNK_BITS][index & CHUNK_MASK];
  }

  /**
   * Adds a key and returns its index: 0, 1, 2 and so on. Keys are whole, not negative and below 2^53;
   * equal ones keep their order.
   */
  add(key: number): number {
    const index = this.#added++;
    if ((index & CHUNK_MASK) === 0) {
      this.#keys.push(new Float64Array(CHUNK_MASK + 1));
      this.#next.push(new Int32Array(CHUNK_MASK + 1));
    }
    this.#keys[index >>> CHUNK_BITS][index & CHUNK_MASK] = key;
    this.#length++;
    let group = (this.#first[firstGroupOf(key)] ??= new Group());
    group.count++;
    while (group.groups !== undefined && group.head === NONE) {
      group = group.groups[group.groupOf(key)] ??= new Group();
      group.count++;
    }
    this.#chain(group, index, key);
    return index;
  }

  /** Takes an index out; its place goes to the one behind it. Once is enough. */
  remove(index: number): void {
    const key = this.keyOf(index);
    if (key === REMOVED) return;
    this.#keys[index >>> CHUNK_BITS][index & CHUNK_MASK] = REMOVED;
    this.#length--;
    let group = this.#first[firstGroupOf(key)];
    while (group !== undefined) {
      group.count--;
      // What the chain has not passed yet is still in it.
      if (group.groups === undefined || (group.head !== NONE && index >= group.head)) return;
      group = group.groups[group.groupOf(key)];
    }
  }

  /**
   * Brings the places [from, to) into order by a bounded piece of work, below a tenth of a ms or so;
   * true when they are.
   */
  prepare(from: number, to: number): boolean {
    const until = Math.min(to, this.#length);
    for (let place = from; place < until;) {
      const { group, before } = this.#groupAt(place);
      if (!this.#settle(group)) return false;
      place = before + group.count;
    }
    return true;
  }

  /** The indexes at the places [from, to), which are prepared; place 0 is that of the largest key. */
  take(from: number, to: number): number[] {
    const until = Math.min(to, this.#length);
    const taken: number[] = [];
    for (let place = from; place < until;) {
      const { group, before } = this.#groupAt(place);
      const { sorted } = group;
      if (sorted?.length !== group.count) throw new RangeError(`place ${place} is not prepared`);
      const end = Math.min(until, before + group.count);
      for (; place < end; place++) taken.push(sorted[place - before]);
    }
    return taken;
  }

  #nextOf(index: number): number {
    return this.#next[index >>> CHUNK_BITS][index & CHUNK_MASK];
  }

  #chain(group: Group, index: number, key: number): void {
    this.#next[index >>> CHUNK_BITS][index & CHUNK_MASK] = NONE;
    if (group.head === NONE) group.head = index;
    else this.#next[group.tail >>> CHUNK_BITS][group.tail & CHUNK_MASK] = index;
    group.tail = index;
    group.chained++;
    if (key < group.low) group.low = key;
    if (key > group.high) group.high = key;
  }

  /** The group that holds a place and is not dealt out, and how many places are before it. */
  #groupAt(place: number): { readonly group: Group; readonly before: number } {
    let groups: readonly (Group | undefined)[] = this.#first;
    let before = 0;
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i];
      if (group === undefined) continue;
      if (before + group.count <= place) before += group.count;
      else if (group.groups === undefined || group.head !== NONE) return { group, before };
      else {
        ({ groups } = group);
        i = -1;
      }
    }
    throw new RangeError(`there is no place ${place}`);
  }

  /** One piece of work on a group; true when there is nothing to do. */
  #settle(group: Group): boolean {
    const { sorted } = group;
    if (group.groups !== undefined) this.#deal(group, group.groups);
    else if (sorted !== undefined && group.sortedOf === group.chained) {
      if (sorted.length === group.count) return true;
      group.sorted = sorted.filter((index) => this.keyOf(index) !== REMOVED);
    } else if (group.chained <= SMALL) this.#sort(group);
    else if (group.low === group.high) this.#copy(group);
    else {
      group.groups = Array.from({ length: FAN }, () => undefined);
      group.sorted = undefined;
      group.top = group.high;
      group.span = group.high - group.low + 1;
    }
    return false;
  }

  /** Hands the head of the chain down to smaller groups. */
  #deal(group: Group, groups: (Group | undefined)[]): void {
    for (let i = 0; i < KEYS_PER_STEP && group.head !== NONE; i++) {
      const index = group.head;
      group.head = this.#nextOf(index);
      const key = this.keyOf(index);
      if (key === REMOVED) continue;
      const into = (groups[group.groupOf(key)] ??= new Group());
      into.count++;
      this.#chain(into, index, key);
    }
  }

  #sort(group: Group): void {
    const indexes: number[] = [];
    for (let index = group.head; index !== NONE; index = this.#nextOf(index)) {
      if (this.keyOf(index) !== REMOVED) indexes.push(index);
    }
    const below = Float64Array.from(indexes, (index) => group.high - this.keyOf(index));
    group.sorted = orderByValue(below).map((from) => indexes[from]);
    group.sortedOf = group.chained;
  }

  /** Equal keys are in order as they are chained. */
  #copy(group: Group): void {
    if (group.copied === 0 || group.sorted === undefined || group.sortedOf !== -group.chained) {
      group.sorted = new Int32Array(group.chained);
      group.sortedOf = -group.chained;
      group.copied = 0;
      group.copyAt = group.head;
    }
    const { sorted } = group;
    for (let i = 0; i < KEYS_PER_STEP && group.copyAt !== NONE; i++) {
      sorted[group.copied++] = group.copyAt;
      group.copyAt = this.#nextOf(group.copyAt);
    }
    if (group.copyAt !== NONE) return;
    group.sortedOf = group.chained;
    group.copied = 0;
  }
}
