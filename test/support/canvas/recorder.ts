/** A drawing context that writes down what it is asked to draw, and fixtures for painters. */
import { TextRuler } from '../../../renderer/canvas/text-ruler.ts';
import type { Area, DrawContext, PaintStyle } from '../../../renderer/canvas/draw-context.ts';
import type { ColourName, ThemeColours } from '../../../renderer/base/theme-colours.ts';
import type { TraceColumns, TraceMeta } from '../../../proto/live/topics.ts';

export interface DrawCall {
  readonly op: 'fillRect' | 'strokeRect' | 'fillText' | 'clearRect' | 'roundRect';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly text: string;
  readonly fill: string;
  readonly stroke: string;
  readonly alpha: number;
  readonly dash: number;
}

/** A context and the calls made on it, in order. */
export function recorder(): { context: DrawContext; calls: DrawCall[] } {
  const calls: DrawCall[] = [];
  let dash = 0;
  const state = { fillStyle: '', strokeStyle: '', globalAlpha: 1, lineWidth: 1, font: '' };
  const record =
    (op: DrawCall['op']) =>
    (x: number, y: number, width: number, height: number, text = ''): void => {
      const { fillStyle: fill, strokeStyle: stroke, globalAlpha: alpha } = state;
      calls.push({ op, x, y, width, height, text, fill, stroke, alpha, dash });
    };
  const nothing = (): void => undefined;
  const context = Object.assign(state, {
    textAlign: 'left',
    textBaseline: 'middle',
    clearRect: record('clearRect'),
    fillRect: record('fillRect'),
    strokeRect: record('strokeRect'),
    roundRect: record('roundRect'),
    fillText: (text: string, x: number, y: number) => {
      record('fillText')(x, y, 0, 0, text);
    },
    setLineDash: (segments: number[]) => {
      dash = segments.length;
    },
    beginPath: nothing,
    closePath: nothing,
    moveTo: nothing,
    lineTo: nothing,
    arc: nothing,
    rect: nothing,
    fill: nothing,
    stroke: nothing,
  });
  return { context: context as unknown as DrawContext, calls };
}

/** Tokens stand for themselves, service fills are `fill1` to `fill12`. */
export const style: PaintStyle = {
  hatch: 'hatch',
  theme: {
    isLight: false,
    token: new Proxy({}, { get: (_, name) => name }) as Record<ColourName, string>,
    serviceFill: ['', ...Array.from({ length: 12 }, (_, i) => `fill${i + 1}`)],
    serviceMark: ['', ...Array.from({ length: 12 }, (_, i) => `mark${i + 1}`)],
    font: 'sans',
    mono: 'mono',
  } satisfies ThemeColours,
};

/** Every character is 6 wide. */
export const ruler = new TextRuler((text) => [...text].length * 6);

export function area(widthPx: number, heightPx: number, dpr = 1): Area {
  const widthDevicePx = Math.round(widthPx * dpr);
  return { widthPx, heightPx, dpr, widthDevicePx, heightDevicePx: Math.round(heightPx * dpr) };
}

/** One box of a hand-written layout, in depth-first order. */
export interface BoxSpec {
  readonly start: number;
  readonly end: number;
  readonly depth?: number;
  readonly lane?: number;
  readonly name?: string;
  readonly service?: string;
  readonly flags?: number;
  /** Stretches of the critical path in this box: start and end of each. */
  readonly critical?: readonly (readonly [start: number, end: number])[];
}

/** Meta and columns of a layout; parents and descendants follow from the depths. */
export function layoutFrame(
  specs: readonly BoxSpec[],
  over: Partial<TraceMeta> = {},
): { meta: TraceMeta; columns: TraceColumns } {
  const count = specs.length;
  const strings: string[] = [];
  const intern = (text: string): number => {
    const known = strings.indexOf(text);
    return known >= 0 ? known : strings.push(text) - 1;
  };
  const depthOf = (i: number): number => specs[i]?.depth ?? 0;
  const parents = specs.map((_, i) => {
    for (let p = i - 1; p >= 0; p--) if (depthOf(p) < depthOf(i)) return p;
    return -1;
  });
  const descendants = specs.map((_, i) => {
    let last = i;
    while (last + 1 < count && depthOf(last + 1) > depthOf(i)) last++;
    return last - i;
  });
  const spanId = new Uint8Array(count * 8);
  for (let i = 0; i < count; i++) new DataView(spanId.buffer).setUint32(i * 8 + 4, i + 1);
  const stretches = specs.flatMap(({ critical = [] }, box) =>
    critical.map(([start, end]) => ({ box, start, end })),
  );
  const columns: TraceColumns = {
    startNs: Float64Array.from(specs, ({ start }) => start),
    endNs: Float64Array.from(specs, ({ end }) => end),
    selfNs: new Float64Array(count),
    lane: Uint32Array.from(specs, ({ lane, depth }) => lane ?? depth ?? 0),
    depth: Uint32Array.from(specs, ({ depth }) => depth ?? 0),
    parentBox: Int32Array.from(parents),
    descendants: Uint32Array.from(descendants),
    nameStr: Int32Array.from(specs, ({ name }) => intern(name ?? 'span')),
    serviceStr: Int32Array.from(specs, ({ service }) => intern(service ?? 'service')),
    kind: new Uint8Array(count),
    flags: Uint8Array.from(specs, ({ flags }) => flags ?? 0),
    eventCount: new Uint16Array(count),
    linkCount: new Uint16Array(count),
    spanId,
    criticalBox: Uint32Array.from(stretches, ({ box }) => box),
    criticalStartNs: Float64Array.from(stretches, ({ start }) => start),
    criticalEndNs: Float64Array.from(stretches, ({ end }) => end),
  };
  const meta: TraceMeta = {
    traceId: 'a'.repeat(32),
    state: 'present',
    layout: 1,
    steadySince: over.layout ?? 1,
    boxCount: count,
    firstBox: 0,
    hasPath: true,
    baseHi: 0,
    baseLo: 0,
    durationNs: Math.max(1, ...specs.slice(0, 1000).map(({ end }) => end)),
    spanCount: count,
    errorCount: 0,
    evictedCount: 0,
    laneCount:
      1 + Math.max(0, ...specs.slice(0, 1000).map(({ lane, depth }) => lane ?? depth ?? 0)),
    maxDepth: 0,
    inferredCount: 0,
    orphanCount: 0,
    logCount: 0,
    flags: 0,
    skewCount: 0,
    corrected: false,
    criticalOverlaps: 0,
    strings,
    rootBox: 0,
    pinned: false,
    ...over,
  };
  return { meta, columns };
}

/** A seeded random number source (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` boxes in one lane that do not overlap, with gaps, zero lengths and very uneven lengths. */
export function randomLane(count: number, seed: number): BoxSpec[] {
  const next = random(seed);
  const specs: BoxSpec[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (next() < 0.3) at += Math.floor(next() * 50);
    const length = next() < 0.05 ? 0 : Math.floor(10 ** (next() * 4));
    specs.push({ start: at, end: at + length, flags: next() < 0.01 ? 1 : 0 });
    at += length;
  }
  return specs;
}
