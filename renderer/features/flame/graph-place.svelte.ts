/** Where the person is in the merged graph that is shown: what is zoomed to, selected, found, hidden. */
import { ALL_TRACES, type MergedFlame } from '../../canvas/merge-model.ts';
import type { FlameFeed } from './flame-feed.svelte.ts';
import { labelsOf } from './shown-flame.ts';

/**
 * The places of a feed as nodes of the graph that is shown, which numbers them anew with every frame.
 * Belongs to the component that makes it.
 */
export class GraphPlace {
  readonly #feed: FlameFeed<'flame'> | FlameFeed<'flameDiff'>;
  readonly #flame: () => MergedFlame | undefined;
  readonly #find: () => string;

  readonly #zoom = $derived.by(() => this.flame?.find(this.#feed.zoom) ?? ALL_TRACES);
  readonly #selected = $derived.by(() => {
    const { selected } = this.#feed;
    return selected === undefined ? undefined : this.flame?.find(selected);
  });
  readonly #found = $derived.by(() => this.flame?.matches(this.#find()) ?? null);
  readonly #foundCount = $derived.by(
    () => this.#found?.reduce((sum, isFound) => sum + isFound, 0) ?? null,
  );

  /** `flame`: the graph that is shown, once there is one. `find`: the text that is looked for. */
  constructor(
    feed: FlameFeed<'flame'> | FlameFeed<'flameDiff'>,
    flame: () => MergedFlame | undefined,
    find: () => string,
  ) {
    this.#feed = feed;
    this.#flame = flame;
    this.#find = find;
  }

  get flame(): MergedFlame | undefined {
    return this.#flame();
  }

  /** The node that the graph is zoomed to, ALL_TRACES without a zoom. */
  get zoom(): number {
    return this.#zoom;
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  /** 1 for each node that matches the search; null without one. */
  get found(): Uint8Array | null {
    return this.#found;
  }

  /** How many nodes match; null without a search. */
  get foundCount(): number | null {
    return this.#foundCount;
  }

  get hiddenCount(): number {
    return this.#feed.hidden.size;
  }

  select(node: number | undefined): void {
    const { flame } = this;
    this.#feed.select(
      node === undefined || flame === undefined ? undefined : labelsOf(flame, node),
    );
  }

  zoomTo(node: number): void {
    const { flame } = this;
    if (flame !== undefined) this.#feed.zoomTo(labelsOf(flame, node));
  }

  /** Hides the operation of a node, wherever it is. */
  hide(node: number): void {
    const { flame } = this;
    if (flame !== undefined) this.#feed.hide(flame.label(node));
  }

  showHidden(): void {
    this.#feed.showHidden();
  }
}
