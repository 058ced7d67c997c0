/** The keys that work on every screen. */
import { comparableOf, compareTarget } from '../../session/compare.ts';
import type { KeyBinding, KeyGroup } from '../../session/keys.ts';
import type { Screen } from '../../session/screens.ts';
import type { Session } from '../../session/session.svelte.ts';
import type { CaptureActions } from './capture.svelte.ts';
import type { MarksView } from './marks-view.svelte.ts';

/** What the bindings act on. */
export interface FrameActions {
  readonly session: Session;
  readonly capture: CaptureActions;
  readonly marks: MarksView;
  readonly screens: readonly Screen[];
  toggleSide(): void;
  showKeys(): void;
}

/** Bindings of the group Anywhere, and the pause of every view. */
export function frameBindings(actions: FrameActions): readonly KeyBinding[] {
  const { session, capture, marks, screens } = actions;
  const listed = screens.filter(({ order }) => order > 0);
  const group: KeyGroup = 'Anywhere';
  return [
    ...listed.map((screen, index) => ({
      keys: [String(index + 1), ...(screen.goKey === undefined ? [] : [`g ${screen.goKey}`])],
      label: `Go to ${screen.label}`,
      group,
      run: () => {
        session.route.goToScreen(screen.id);
      },
    })),
    {
      keys: ['c'],
      label: 'Compare what is marked or open, or before and after the last mark',
      group,
      run: () => {
        session.route.go(compareTarget(comparableOf(session)));
      },
    },
    { keys: ['['], label: 'Back', group, run: () => history.back() },
    { keys: [']'], label: 'Forward', group, run: () => history.forward() },
    { keys: ['Space'], label: 'Pause or resume the view', group, run: () => session.togglePause() },
    { keys: ['m'], label: 'Drop a mark', group, run: () => void marks.drop() },
    { keys: ['Shift+M'], label: 'Show the marks', group, run: () => marks.toggleList() },
    { keys: ['Mod+E'], label: 'Export', group, run: () => capture.ask('export') },
    { keys: ['Mod+O'], label: 'Open files', group, run: () => void capture.open() },
    { keys: ['Mod+B'], label: 'Narrow or widen the side', group, run: () => actions.toggleSide() },
    {
      keys: ['t'],
      label: 'Switch between dark and light',
      group,
      run: () => session.theme.toggle(),
    },
    { keys: ['?'], label: 'Show these keys', group, run: () => actions.showKeys() },
  ];
}
