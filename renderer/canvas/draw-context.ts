/** What painters need besides their data: the drawing calls, the theme and the look of services. */
import type { ServiceColour } from '../base/service-colour.ts';
import { SERVICE_SLOTS } from '../base/service-colour.ts';
import type { ThemeColours } from '../base/theme-colours.ts';

/** The part of a 2D context that painters use. Its transform is the identity: 1 unit = 1 device px. */
export type DrawContext = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textBaseline'
  | 'textAlign'
  | 'clearRect'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
  | 'drawImage'
  | 'beginPath'
  | 'closePath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'rect'
  | 'roundRect'
  | 'fill'
  | 'stroke'
  | 'setLineDash'
>;

/** A drawing area: CSS size, device pixel ratio, and the size of its bitmap. */
export interface Area {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly widthDevicePx: number;
  readonly heightDevicePx: number;
}

/** Colours of the theme and the hatch laid over merged slivers and repeated service slots. */
export interface PaintStyle {
  readonly theme: ThemeColours;
  readonly hatch: CanvasPattern | string;
}

/** Added to the slot of a service that shares its colour and carries the hatch. */
export const HATCHED = 16;

/** One byte a string of a layout: the service's slot (1 to 12), plus HATCHED; 0 for no service. */
export function slotOf(colour: ServiceColour): number {
  return colour.slot + (colour.hatched ? HATCHED : 0);
}

/** The slots of the strings that are services; their numbers may repeat. */
export function serviceSlots(
  strings: readonly string[],
  services: Iterable<number>,
  colourOf: (service: string) => ServiceColour,
): Uint8Array {
  const slots = new Uint8Array(strings.length);
  for (const index of services) {
    if (index >= 0 && slots[index] === 0) slots[index] = slotOf(colourOf(strings[index]));
  }
  return slots;
}

/** The fill of a slot byte; grey when there is no service. */
export function fillOfSlot(style: PaintStyle, slot: number): string {
  const plain = slot & (HATCHED - 1);
  return plain >= 1 && plain <= SERVICE_SLOTS
    ? style.theme.serviceFill[plain]
    : style.theme.token.b3;
}
