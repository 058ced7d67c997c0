/** The keys of the Trace screen. */
import {
  firstChildOf,
  nextSiblingOf,
  parentOf,
  previousSiblingOf,
} from '../../canvas/tree-walk.ts';
import { panByPx, zoomAt } from '../../canvas/viewport.ts';
import type { KeyBinding } from '../../session/keys.ts';
import type { TraceState } from './trace-state.svelte.ts';

/** What the keys ask of the screen. */
export interface TraceKeyTargets {
  /** W S A D act only while the graph has the keyboard. */
  hasGraphFocus(): boolean;
  find(): void;
  focusPanel(): void;
  togglePanel(): void;
  toggleView(): void;
  togglePin(): void;
}

const ZOOM_STEP = 0.8;
const PAN_STEP = 0.1;

/** Bindings for one trace; `session.keys.bind` takes them. */
export function traceKeys(trace: TraceState, targets: TraceKeyTargets): KeyBinding[] {
  const zoom = (factor: number): void => {
    trace.setWindow(zoomAt(trace.window, trace.whole, trace.widthPx, trace.widthPx / 2, factor));
  };
  const pan = (share: number): void => {
    trace.setWindow(panByPx(trace.window, trace.whole, trace.widthPx, share * trace.widthPx));
  };
  const graph = (
    keys: readonly string[],
    label: string,
    run: (times: number) => void,
  ): KeyBinding => ({
    keys,
    label,
    group: 'Trace',
    run: (event) => {
      if (!targets.hasGraphFocus()) return false;
      run(event.shiftKey ? 5 : 1);
      return true;
    },
  });
  return [
    graph(['w', 'Shift+W'], 'Zoom in', (times) => {
      zoom(ZOOM_STEP ** times);
    }),
    graph(['s', 'Shift+S'], 'Zoom out', (times) => {
      zoom(ZOOM_STEP ** -times);
    }),
    graph(['a', 'Shift+A'], 'Pan left', (times) => {
      pan(-PAN_STEP * times);
    }),
    graph(['d', 'Shift+D'], 'Pan right', (times) => {
      pan(PAN_STEP * times);
    }),
    ...walkKeys(trace),
    ...screenKeys(trace, targets),
  ];
}

/** A focused waterfall row or panel keeps its own arrow keys; these are for the rest of the screen. */
function walkKeys(trace: TraceState): KeyBinding[] {
  const walk = (key: string, label: string, to: (box: number) => number): KeyBinding => ({
    keys: [key],
    label,
    group: 'Trace',
    run: () => {
      const layout = trace.shown?.layout;
      if (layout === undefined) return false;
      const box = trace.selected < 0 ? Math.max(0, layout.meta.rootBox) : to(trace.selected);
      trace.select(box);
      return true;
    },
  });
  const layoutOf = () => trace.shown?.layout;
  const step = (
    move: (layout: NonNullable<ReturnType<typeof layoutOf>>, box: number) => number,
  ): ((box: number) => number) => {
    return (box) => {
      const layout = layoutOf();
      return layout === undefined ? -1 : move(layout, box);
    };
  };
  return [
    walk('ArrowUp', 'Parent', step(parentOf)),
    walk('ArrowDown', 'First child', step(firstChildOf)),
    walk('ArrowLeft', 'Previous sibling', step(previousSiblingOf)),
    walk('ArrowRight', 'Next sibling', step(nextSiblingOf)),
  ];
}

function screenKeys(trace: TraceState, targets: TraceKeyTargets): KeyBinding[] {
  const key = (keys: readonly string[], label: string, run: () => void): KeyBinding => ({
    keys,
    label,
    group: 'Trace',
    run,
  });
  return [
    key(['f'], 'Fit selection', () => {
      if (trace.selected >= 0) trace.fit(trace.selected);
    }),
    key(['0'], 'Fit all', () => {
      trace.showAll();
    }),
    key(['x'], 'Critical path', () => {
      trace.toggleCritical();
    }),
    key(['v'], 'Flame, waterfall, table', targets.toggleView),
    key(['e'], 'Next error', () => {
      trace.stepError(1);
    }),
    key(['Shift+E'], 'Previous error', () => {
      trace.stepError(-1);
    }),
    key(['/', 'Mod+F'], 'Find in trace', targets.find),
    key(['Enter'], 'Focus the span panel', targets.focusPanel),
    key(['Mod+\\'], 'Show or hide the span panel', targets.togglePanel),
    key(['p'], 'Pin', targets.togglePin),
    key(['y'], 'Copy trace id', () => {
      void navigator.clipboard.writeText(trace.traceId);
    }),
    key(['Shift+Y'], 'Copy link', () => {
      void navigator.clipboard.writeText(location.href);
    }),
    key(['Backspace'], 'Back to the list', () => {
      trace.session.route.goToScreen('traces');
    }),
    {
      keys: ['Escape'],
      label: 'Close, then clear selection',
      group: 'Trace',
      run: () => {
        const { route } = trace.session;
        if (trace.selected >= 0) trace.deselect();
        else if (route.isBeside) route.goToScreen('traces');
        else return false;
        return true;
      },
    },
  ];
}
