/** What can be done with marks. Every change reaches the `marks` topic. */
import type { Mark } from './topics-marks.ts';

export interface MarkMethods {
  /**
   * Drops a mark: now, and named "Mark 3" after how many were dropped before, unless told otherwise.
   * The time is ns since the Unix epoch.
   */
  readonly 'mark.add': {
    readonly params: { readonly label?: string; readonly timeUnixNano?: string };
    readonly result: Mark;
  };
  /** Gives a mark another name. Fails with notFound, and with badParams for an empty name. */
  readonly 'mark.rename': {
    readonly params: { readonly id: string; readonly label: string };
    readonly result: Mark;
  };
  /** Takes a mark away. Fails with notFound. */
  readonly 'mark.remove': {
    readonly params: { readonly id: string };
    readonly result: Record<string, never>;
  };
  /** Brings one of the last marks that were removed back, under its id. Fails with notFound. */
  readonly 'mark.restore': { readonly params: { readonly id: string }; readonly result: Mark };
}
