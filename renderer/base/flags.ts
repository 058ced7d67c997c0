/**
 * Flags over a chart: named moments, each with a line at its place. Flags whose words would lie on each
 * other become one, which says how many it stands for.
 *
 * ```
 *      ┆▐pool-size 32▌         ┆▐checkout restarted +2▌
 *      ┆                       ┆  ┆ ┆
 * ```
 * Places are in CSS px from the left of the chart.
 */

/** A moment on a chart. */
export interface Moment {
  readonly id: string;
  readonly label: string;
  /** A person set it, it did not come by itself. */
  readonly isManual: boolean;
  readonly px: number;
}

/** One flag. It stands at its first moment's line, on the right of it or, near the end, on the left. */
export interface FlagBox {
  /** In the order of their place; at least one. */
  readonly moments: readonly Moment[];
  /** The one that gives the flag its name: the last that a person set, else the last. */
  readonly named: Moment;
  readonly text: string;
  readonly leftPx: number;
  readonly widthPx: number;
}

/** A letter of the flag's font, about; what does not fit ends in an ellipsis. */
const LETTER_PX = 6;
const PADDING_PX = 18;
const MAX_WIDTH_PX = 168;

/** Lays flags out in a chart of a width. `moments` are in the order of their place. */
export function layoutFlags(moments: readonly Moment[], widthPx: number): readonly FlagBox[] {
  const boxes: FlagBox[] = [];
  for (const moment of moments) {
    let box = boxOf([moment], widthPx);
    // A flag that moves to the left or grows may reach one more of those before it.
    for (let last = boxes.at(-1); last !== undefined; last = boxes.at(-1)) {
      if (last.leftPx + last.widthPx < box.leftPx) break;
      boxes.pop();
      box = boxOf([...last.moments, ...box.moments], widthPx);
    }
    boxes.push(box);
  }
  return boxes;
}

function boxOf(moments: readonly Moment[], chartPx: number): FlagBox {
  const named = moments.findLast(({ isManual }) => isManual) ?? (moments.at(-1) as Moment);
  const more = moments.length - 1;
  const text = more === 0 ? named.label : `${named.label} +${more}`;
  const widthPx = Math.min(MAX_WIDTH_PX, Math.ceil(text.length * LETTER_PX + PADDING_PX));
  const firstPx = moments[0]?.px ?? 0;
  const leftPx = firstPx + widthPx <= chartPx ? firstPx : Math.max(0, firstPx - widthPx);
  return { moments, named, text, leftPx, widthPx };
}
