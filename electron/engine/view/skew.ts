/**
 * Clock skew between the processes of a trace: which spans show it, and the times without it.
 *
 * Only the server of a remote call can be put right: it lies somewhere within its client. Where it evidently
 * does not, it is moved to the middle of it, and with it all that hangs below:
 *
 * ```
 *   client ▐────────────────────▌            client ▐────────────────────▌
 *            server    ▐──────────────▌  →     server   ▐──────────────▌
 *              query      ▐────▌                 query     ▐────▌
 * ```
 * Messages are handled at any time, and a span of the same service shares its parent's clock: neither moves.
 */
import { BOX_FLAG, type TraceColumns } from '../../../proto/live/topics.ts';
import type { FlameInput } from './flame-input.ts';
import type { FlameTree } from './flame-order.ts';

/**
 * Clocks of different processes differ by this much, or are read this coarsely, without being wrong:
 * SDKs with millisecond clocks round both ends of a span.
 */
export const SKEW_TOLERANCE_NS = 2e6;

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

type Facts = Pick<TraceColumns, 'serviceStr' | 'flags' | 'kind'>;

/**
 * Boxes whose clock evidently differs from that of their parent in another service: they start before
 * it, which no message can, or are the server of a client call that they end after. Spans that only
 * outlive their parent may do so, and messages through a queue are handled at any time.
 */
export function countSkew(tree: FlameTree, facts: Facts): number {
  const { boxCount, startNs, endNs, parentBox } = tree;
  let skewed = 0;
  for (let box = 0; box < boxCount; box++) {
    const above = parentBox[box];
    if (above === -1) continue;
    const isEarly = startNs[box] < startNs[above] - SKEW_TOLERANCE_NS;
    const isLate = endNs[box] > endNs[above] + SKEW_TOLERANCE_NS;
    if ((isEarly || isLate) && tellsSkew(facts, box, above, isEarly)) skewed++;
  }
  return skewed;
}

/** Whether a box that leaves its parent's time does so because of its clock. */
function tellsSkew(
  { serviceStr, flags, kind }: Facts,
  box: number,
  above: number,
  isEarly: boolean,
): boolean {
  if (serviceStr[box] === serviceStr[above]) return false;
  if (((flags[box] | flags[above]) & (BOX_FLAG.inferred | BOX_FLAG.badTime)) !== 0) return false;
  if (isAsync(kind[box]) || isAsync(kind[above])) return false;
  return isEarly || isCall(kind, box, above);
}

function isCall(kind: Uint8Array, box: number, above: number): boolean {
  return kind[box] === SERVER && kind[above] === CLIENT;
}

function isAsync(kind: number): boolean {
  return kind === PRODUCER || kind === CONSUMER;
}

/**
 * The spans with the times of skewed servers, and of all below them, put right; `input` itself when no
 * server is skewed. O(n).
 */
export function withoutSkew<T extends FlameInput>(input: T, tree: FlameTree, facts: Facts): T {
  const { boxCount, startNs, endNs, parentBox, boxOf } = tree;
  const shift = new Float64Array(boxCount);
  let isSkewed = false;
  for (let box = 0; box < boxCount; box++) {
    const above = parentBox[box];
    if (above === -1) continue;
    shift[box] = shift[above];
    if (!isCall(facts.kind, box, above)) continue;
    const isEarly = startNs[box] < startNs[above] - SKEW_TOLERANCE_NS;
    const isLate = endNs[box] > endNs[above] + SKEW_TOLERANCE_NS;
    if (!isEarly && !isLate) continue;
    if (!tellsSkew(facts, box, above, isEarly)) continue;
    const spareNs = endNs[above] - startNs[above] - (endNs[box] - startNs[box]);
    // A server that took longer than its client saw begins with it.
    const offsetNs = Math.max(0, Math.floor(spareNs / 2));
    shift[box] = shift[above] + startNs[above] + offsetNs - startNs[box];
    isSkewed = true;
  }
  if (!isSkewed) return input;
  const times = input.times.slice();
  for (let node = 0; node < input.count; node++) {
    const ns = shift[boxOf[node]];
    const start = Math.max(0, times[2 * node] + ns);
    times[2 * node] = start;
    times[2 * node + 1] = Math.max(start, times[2 * node + 1] + ns);
  }
  return { ...input, times };
}
