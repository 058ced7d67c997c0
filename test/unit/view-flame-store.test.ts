import { expect, it } from 'vitest';
import { BOX_FLAG } from '../../proto/live/topics.ts';
import { layoutTrace, type FlameLayout } from '../../electron/engine/view/flame-layout.ts';
import { seeded } from '../support/span-bodies.ts';
import {
  hex,
  openStore,
  spanBytes,
  spansBody,
  takeGood,
  traceHex,
  type SpanSpec,
} from '../support/store-bodies.ts';

const MIB = 1 << 20;

it('shows every span of a trace once, as it was sent, below its parent', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const specs = randomSpans(random);
    // Small segments, and another trace's spans in between.
    const { store, now } = openStore(4 * MIB);
    for (let at = 0; at < specs.length; at += 50) {
      now.ms += 10;
      takeGood(store, 'traces', spansBody(specs.slice(at, at + 50)));
      takeGood(store, 'traces', spansBody([{ trace: 2, id: at + 1 }]));
    }
    const layout = layoutTrace(store, store.traces.find(traceHex(1)));
    expect(spansOf(layout), `seed ${String(seed)}`).toEqual(expected(specs));
    expect(layout.lastSpanMs, `seed ${String(seed)}`).toBe(now.ms);
    expect(layout.orphanCount).toBe(specs.filter(({ parent = 0 }) => parent > 1e6).length);
  }
});

function randomSpans(random: () => number): SpanSpec[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const specs = Array.from({ length: 3000 }, (_, i): SpanSpec => {
    const start = below(1e6);
    const parent = random() < 0.05 ? 1e6 + 1 + below(9) : 1 + below(i);
    return {
      trace: 1,
      id: i + 1,
      name: `name ${String(below(40))}`,
      service: `service ${String(below(5))}`,
      kind: 1 + below(5),
      status: below(3),
      start,
      end: start + below(1e5),
      ...(i === 0 || random() < 0.01 ? {} : { parent }),
    };
  });
  return specs.sort((a, b) => (a.end ?? 0) - (b.end ?? 0));
}

function expected(specs: readonly SpanSpec[]): string[] {
  const base = Math.min(...specs.map(({ start = 0 }) => start));
  const lines = specs.map(({ id, parent, name, service, kind, status, start = 0, end = 0 }) => {
    const above = parent === undefined ? 'root' : hex(spanBytes(parent));
    const flags = (status === 2 ? 'error' : '') + ((parent ?? 0) > 1e6 ? ' orphan' : '');
    return [hex(spanBytes(id)), above, name, service, kind, start - base, end - base, flags].join();
  });
  return lines.sort();
}

function spansOf({ columns, strings, boxCount }: FlameLayout): string[] {
  const idOf = (box: number): string => hex(columns.spanId.subarray(box * 8, box * 8 + 8));
  const lines: string[] = [];
  for (let box = 0; box < boxCount; box++) {
    const flags = columns.flags[box] ?? 0;
    if ((flags & BOX_FLAG.inferred) !== 0) continue;
    const above = columns.parentBox[box] ?? -1;
    const words =
      ((flags & BOX_FLAG.error) !== 0 ? 'error' : '') +
      ((flags & BOX_FLAG.orphan) !== 0 ? ' orphan' : '');
    lines.push(
      [
        idOf(box),
        above === -1 ? 'root' : idOf(above),
        strings[columns.nameStr[box] ?? -1],
        strings[columns.serviceStr[box] ?? -1],
        columns.kind[box],
        columns.startNs[box],
        columns.endNs[box],
        words,
      ].join(),
    );
  }
  return lines.sort();
}
