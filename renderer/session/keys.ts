/**
 * The one keyboard dispatcher of the page. Screens bind keys with a description while they are shown;
 * the newest binding of a key is asked first, and may pass it on by returning false.
 */

/** Where a binding stands in the list of keys. */
export type KeyGroup = 'Anywhere' | 'Lists' | 'Trace' | 'Logs';

/**
 * A key or a sequence of two, written as `e`, `Shift+E`, `Mod+E` (⌘ on macOS, Ctrl elsewhere), `?`,
 * `Space`, `ArrowDown`, `g t`. Letters without Shift are lower case.
 */
export interface KeyBinding {
  readonly keys: readonly string[];
  readonly label: string;
  readonly group: KeyGroup;
  /** Also while a text field has focus. Keys with Mod and Escape always are. */
  readonly inFields?: boolean;
  /** Returns false to let an older binding of the same key have it. */
  run(event: KeyboardEvent): unknown;
}

/** The parts of a KeyboardEvent that name a key. */
export interface KeyStroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** How long the first key of a sequence waits for the second. */
const SEQUENCE_MS = 1200;

/** The name of a stroke in the notation of KeyBinding. */
export function nameOfStroke(stroke: KeyStroke): string {
  const isMod = stroke.ctrlKey || stroke.metaKey;
  const isLetter = /^[a-z]$/i.test(stroke.key);
  let key = stroke.key === ' ' ? 'Space' : stroke.key;
  if (isLetter) key = stroke.shiftKey || isMod ? key.toUpperCase() : key.toLowerCase();
  // Shift is part of a printed character such as `?`, and named for letters and named keys only.
  const isShifted = stroke.shiftKey && (isLetter || key.length > 1);
  return (isMod ? 'Mod+' : '') + (stroke.altKey ? 'Alt+' : '') + (isShifted ? 'Shift+' : '') + key;
}

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)
  );
}

/** Pressing Space or Enter on these does what they say; a single-key binding must not take it. */
function isPressable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('button, a[href], select, summary, [role="menuitem"], [role="tab"]') !== null
  );
}

/** An open dialog or menu has the keyboard to itself: nothing behind it may move. */
function isInOverlay(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest(OPEN_OVERLAY) !== null;
}

const OPEN_OVERLAY = '[role="dialog"][data-state="open"], [role="menu"][data-state="open"]';

/** All bindings that exist now, newest last. */
export class Keys {
  #bindings: KeyBinding[] = [];
  /** The pane that a binding belongs to; others work wherever the person is. */
  readonly #paneOf = new Map<KeyBinding, string>();
  /**
   * Of several panes side by side, the one the person is in: the keys of the others rest. Undefined while
   * there is only one.
   */
  pane: string | undefined;
  #first = '';
  #firstAtMs = 0;

  /**
   * Adds bindings, those of a pane with its name; the result takes them away again. Made for
   * `$effect(() => keys.bind([...]))`.
   */
  bind(bindings: readonly KeyBinding[], pane?: string): () => void {
    this.#bindings.push(...bindings);
    if (pane !== undefined) for (const binding of bindings) this.#paneOf.set(binding, pane);
    return () => {
      for (const binding of bindings) this.#paneOf.delete(binding);
      this.#bindings = this.#bindings.filter((binding) => !bindings.includes(binding));
    };
  }

  /** Bindings for the list of keys: one a description, in the order they were bound. */
  list(): readonly KeyBinding[] {
    return this.#bindings.filter(
      (binding, index, all) =>
        binding.label !== '' && all.findIndex(({ label }) => label === binding.label) === index,
    );
  }

  /** Does what a key does, for commands that come from elsewhere (a native menu). */
  press(name: string): void {
    this.#run(name, new KeyboardEvent('keydown', { key: name }), () => true);
  }

  /** Handles a keydown of the window. */
  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || isInOverlay(event.target)) return;
    const name = nameOfStroke(event);
    const isAllowed = this.#gate(event, name);
    const sequence =
      event.timeStamp - this.#firstAtMs < SEQUENCE_MS ? `${this.#first} ${name}` : '';
    this.#first = name;
    this.#firstAtMs = event.timeStamp;
    if (sequence !== '' && this.#run(sequence, event, isAllowed)) this.#first = '';
    else this.#run(name, event, isAllowed);
  }

  #isInPane(binding: KeyBinding): boolean {
    const pane = this.#paneOf.get(binding);
    return pane === undefined || this.pane === undefined || pane === this.pane;
  }

  #gate(event: KeyboardEvent, name: string): (binding: KeyBinding) => boolean {
    const isFree = event.ctrlKey || event.metaKey || name === 'Escape';
    const inField = isTextField(event.target);
    const isTaken = (name === 'Space' || name === 'Enter') && isPressable(event.target);
    return (binding) => !isTaken && (isFree || !inField || binding.inFields === true);
  }

  #run(name: string, event: KeyboardEvent, isAllowed: (binding: KeyBinding) => boolean): boolean {
    for (let i = this.#bindings.length - 1; i >= 0; i--) {
      const binding = this.#bindings[i];
      if (binding === undefined || !binding.keys.includes(name) || !isAllowed(binding)) continue;
      if (!this.#isInPane(binding)) continue;
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return true;
    }
    return false;
  }
}

/** How a key is printed on this platform: `Mod+E` as `⌘E` or `Ctrl E`. */
export function printKey(name: string, isMac: boolean): string {
  return name
    .replace('Mod+', isMac ? '⌘' : 'Ctrl ')
    .replace('Shift+', '⇧')
    .replace('Alt+', isMac ? '⌥' : 'Alt ')
    .replace('ArrowUp', '↑')
    .replace('ArrowDown', '↓')
    .replace('ArrowLeft', '←')
    .replace('ArrowRight', '→')
    .replace('Escape', 'Esc')
    .replace(
      /(^| |⇧)([a-z])$/,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    )
    .replace(/^([a-z]) /, (_, letter: string) => `${letter.toUpperCase()} `);
}
