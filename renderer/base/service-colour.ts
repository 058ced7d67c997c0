/**
 * Which palette slot a service has. The hash of its name chooses one of twelve; a taken slot moves on
 * to the next free one in first-seen order. After twelve services slots repeat, with a hatch.
 */

/** The number of slots in the palette (tokens `--svc-1` to `--svc-12`). */
export const SERVICE_SLOTS = 12;

/** The colour of one service. */
export interface ServiceColour {
  /** 1 to 12. */
  readonly slot: number;
  /** True from the thirteenth service on: the slot is shared, a diagonal hatch tells them apart. */
  readonly hatched: boolean;
  /** CSS value for bars and swatches. */
  readonly fill: string;
  /** CSS value for text and lines. */
  readonly mark: string;
}

function hashOf(name: string): number {
  // FNV-1a over UTF-16 units: stable across sessions and platforms.
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** The slots given out so far. A service keeps its colour for as long as the page lives. */
export class ServiceColours {
  readonly #given = new Map<string, ServiceColour>();
  readonly #taken = new Set<number>();

  /** Gives slots to names that have none yet, in the order given (first seen first). */
  assign(names: Iterable<string>): void {
    for (const name of names) this.of(name);
  }

  /** The colour of a service; a name that is new gets its slot now. */
  of(name: string): ServiceColour {
    const known = this.#given.get(name);
    if (known !== undefined) return known;
    const colour = this.#choose(name);
    this.#given.set(name, colour);
    return colour;
  }

  #choose(name: string): ServiceColour {
    const hatched = this.#given.size >= SERVICE_SLOTS;
    let slot = (hashOf(name) % SERVICE_SLOTS) + 1;
    if (this.#taken.size === SERVICE_SLOTS) this.#taken.clear();
    while (this.#taken.has(slot)) slot = (slot % SERVICE_SLOTS) + 1;
    this.#taken.add(slot);
    return { slot, hatched, fill: `var(--svc-${slot})`, mark: `var(--svm-${slot})` };
  }
}
