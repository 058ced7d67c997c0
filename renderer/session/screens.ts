/**
 * What a feature tells the frame about its screen. Every folder under `features` with a `screen.ts`
 * that exports `screen` is one; features do not know each other and meet here.
 */
import type { Component } from 'svelte';
import type { Session } from './session.svelte.ts';

/** One screen of the page. */
export interface Screen {
  /** The first part of the hash. */
  readonly id: string;
  readonly label: string;
  /** A 16 px icon component (`@lucide/svelte/icons/…`). */
  readonly icon: Component<{ size?: number | string; strokeWidth?: number | string }>;
  readonly component: Component;
  /** Its place in the side, from 1; 0 keeps it out (it is reached from another screen). */
  readonly order: number;
  /** For a screen that is reached from another: which entry of the side is lit. */
  readonly under?: string;
  /** The second key after G. */
  readonly goKey?: string;
  /** The number beside the label; undefined shows none. */
  count?(session: Session): number | undefined;
}
