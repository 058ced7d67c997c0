/**
 * The order in which the Trace screen comes up: the picture first, then the rows below it, then the panel
 * beside it. Each step waits until the one before it is on the screen.
 */
import { frameLoop } from '../../base/raf.ts';

/** How far the screen has come: the picture alone, with its rows, or all of it. */
export type MountStep = 'picture' | 'rows' | 'all';

const AFTER: Readonly<Record<MountStep, MountStep | undefined>> = {
  picture: 'rows',
  rows: 'all',
  all: undefined,
};

/** One screen's way up. `begin` when there is something to draw, `close` with the screen. */
export class MountOrder {
  #step = $state<MountStep>('picture');
  #hasBegun = false;
  #isClosed = false;

  get step(): MountStep {
    return this.#step;
  }

  /** Goes on by itself from here. Further calls do nothing. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#goOn();
  }

  close(): void {
    this.#isClosed = true;
  }

  /** What is painted in the next frame is on the screen when the one after it begins. */
  #goOn(): void {
    frameLoop.next(() => {
      frameLoop.next(() => {
        // Behind all else that runs in this frame: what is mounted here shows in the one after.
        setTimeout(() => {
          this.#advance();
        });
      });
    });
  }

  #advance(): void {
    const next = AFTER[this.#step];
    if (this.#isClosed || next === undefined) return;
    this.#step = next;
    this.#goOn();
  }
}
