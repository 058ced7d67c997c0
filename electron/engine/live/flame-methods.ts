/** `flame.attributes`: which attribute values tell the traces of A from those of B. */
import type { Methods } from '../../../proto/live/methods.ts';
import type { FlameSide } from '../../../proto/live/topics.ts';
import { runSliced } from '../query/slices.ts';
import { compareAttributes } from '../view/attribute-changes.ts';
import type { LiveContext } from './context.ts';
import { readFlameDiffParams, type Fields } from './params.ts';
import { SideTraces } from './side-traces.ts';

type Result = Methods['flame.attributes']['result'];

export function flameAttributes(
  context: LiveContext,
  params: Fields,
  onCancel: (stop: () => void) => void,
): Promise<Result> {
  const { a, b } = readFlameDiffParams(params);
  return new Promise((resolve, reject) => {
    const search = new AttributeSearch(context, a, b, resolve, reject);
    onCancel(() => {
      search.close();
    });
    search.start();
  });
}

/** Waits until both sides are searched, and compares what they hold then. */
class AttributeSearch {
  readonly #context: LiveContext;
  readonly #sides: SideTraces[] = [];
  readonly #resolve: (result: Result) => void;
  readonly #reject: (error: unknown) => void;
  #stop: (() => void) | undefined;

  constructor(
    context: LiveContext,
    a: FlameSide,
    b: FlameSide,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
    try {
      for (const side of [a, b]) {
        this.#sides.push(
          new SideTraces(context, side, () => {
            this.start();
          }),
        );
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  start(): void {
    const [a, b] = this.#sides;
    if (this.#stop !== undefined || a === undefined || b === undefined) return;
    for (const side of this.#sides) side.list.refresh();
    if (a.list.isSearching || b.list.isSearching) return;
    const steps = compareAttributes(this.#context.store, a.newest(), b.newest());
    this.#stop = runSliced(this.#context.options, () => {
      try {
        const step = steps.next();
        if (step.done !== true) return false;
        this.#resolve(step.value);
      } catch (error) {
        // A later slice has no caller above it: what breaks ends this answer, not the engine.
        this.#reject(error);
      }
      this.close();
      return true;
    });
  }

  close(): void {
    this.#stop?.();
    for (const side of this.#sides.splice(0)) side.close();
  }
}
