/**
 * The tokens as colours that a canvas understands. Read once when the theme changes, never per frame.
 */
import { SERVICE_SLOTS } from './service-colour.ts';

/** Tokens that painters use, by the name of their custom property without the dashes. */
const NAMES = [
  'bg',
  's0',
  's1',
  's2',
  's3',
  'b1',
  'b2',
  'b3',
  't1',
  't2',
  't3',
  'accent',
  'accent-solid',
  'accent-ink',
  'accent-wash',
  'accent-line',
  'focus',
  'l-trace',
  'l-debug',
  'l-info',
  'l-warn',
  'l-error',
  'l-fatal',
  'error-wash',
  'ok',
  'svc-ink',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'd-neutral',
  'd-neutral-ink',
  'd-slow1',
  'd-slow2',
  'd-slow3',
  'd-slow4',
  'd-fast1',
  'd-fast2',
  'd-fast3',
  'd-fast4',
  'd-ink',
  'd-ink-4',
] as const;

/** The name of a token that painters may use. */
export type ColourName = (typeof NAMES)[number];

/** Resolved colours and fonts of the current theme. A new object is made for every change. */
export interface ThemeColours {
  readonly isLight: boolean;
  /** CSS colours by token name. */
  readonly token: Readonly<Record<ColourName, string>>;
  /** Fills of bars, by slot: index 1 to 12; index 0 is not used. */
  readonly serviceFill: readonly string[];
  /** Colours of text and lines, by slot: index 1 to 12; index 0 is not used. */
  readonly serviceMark: readonly string[];
  /** Font families for `ctx.font`. */
  readonly font: string;
  readonly mono: string;
}

/** Reads the tokens from the computed style of `root`. Forces a style recalculation. */
export function readThemeColours(root: Element): ThemeColours {
  const style = getComputedStyle(root);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const slots = (prefix: string): string[] => {
    const colours = [''];
    for (let slot = 1; slot <= SERVICE_SLOTS; slot++) colours.push(read(`${prefix}-${slot}`));
    return colours;
  };
  return {
    isLight: root.getAttribute('data-theme') === 'light',
    token: Object.fromEntries(NAMES.map((name) => [name, read(name)])) as Record<
      ColourName,
      string
    >,
    serviceFill: slots('svc'),
    serviceMark: slots('svm'),
    font: read('font'),
    mono: read('mono'),
  };
}
