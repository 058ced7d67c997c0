/** Small choices of the person that outlive the page: pane sizes, theme, tabs. */

const PREFIX = 'flametail.';

/** The stored text under `key`, or undefined when there is none or storage is switched off. */
export function readStored(key: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined; // A browser may forbid storage; the choice then lasts as long as the page.
  }
}

/** Stores `text` under `key`, or removes the key when it is undefined. */
export function writeStored(key: string, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, text);
  } catch {
    // Storage that is full or forbidden loses only the choice itself.
  }
}
