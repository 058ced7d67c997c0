/** Dark or light: the person's choice, the system's default, and the colours that painters read. */
import { readStored, writeStored } from '../base/stored.ts';
import { readThemeColours, type ThemeColours } from '../base/theme-colours.ts';
import type { ThemeChoice } from '../../proto/shell/shell.ts';
import type { HostBridge } from './host.ts';

const KEY = 'theme';

/** The theme of the page. `colours` is a new object after every change. */
export class Theme {
  readonly #host: HostBridge;
  #choice = $state<ThemeChoice>('system');
  #isSystemLight = $state(false);
  #colours = $state.raw<ThemeColours | undefined>(undefined);

  constructor(host: HostBridge) {
    this.#host = host;
  }

  get choice(): ThemeChoice {
    return this.#choice;
  }

  get resolved(): 'dark' | 'light' {
    if (this.#choice !== 'system') return this.#choice;
    return this.#isSystemLight ? 'light' : 'dark';
  }

  /** Resolved tokens for canvas. Must not be read before `attach`. */
  get colours(): ThemeColours {
    if (this.#colours === undefined) throw new Error('the theme is not attached to a document');
    return this.#colours;
  }

  /** Takes over the document's theme: reads the stored choice and follows the system's. */
  attach(root: HTMLElement): void {
    const stored = readStored(KEY);
    if (stored === 'dark' || stored === 'light') this.#choice = stored;
    const system = matchMedia('(prefers-color-scheme: light)');
    this.#isSystemLight = system.matches;
    system.addEventListener('change', () => {
      this.#isSystemLight = system.matches;
      this.#apply(root);
    });
    matchMedia('(prefers-contrast: more)').addEventListener('change', () => {
      this.#apply(root);
    });
    this.#apply(root);
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice;
    writeStored(KEY, choice === 'system' ? undefined : choice);
    this.#host.setTheme(choice);
    this.#apply(document.documentElement);
  }

  /** Switches to the other of dark and light. */
  toggle(): void {
    this.choose(this.resolved === 'dark' ? 'light' : 'dark');
  }

  #apply(root: HTMLElement): void {
    root.dataset['theme'] = this.resolved;
    this.#colours = readThemeColours(root);
  }
}
