/** What became of a copy to the clipboard, said in its place for a moment. */

const SAID_MS = 1200;

/** One button's copies; `outcome` is undefined except for a moment after each. */
export class CopyOutcome {
  #outcome = $state<'copied' | 'failed' | undefined>(undefined);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `failed`: the browser forbids the clipboard here, where the text can still be selected; or there is none. */
  get outcome(): 'copied' | 'failed' | undefined {
    return this.#outcome;
  }

  /** Copies a text; false when that is forbidden, or the text is refused. */
  async copy(text: string | Promise<string>): Promise<boolean> {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(await text);
    } catch {
      isCopied = false; // Said in place of the button's word.
    }
    this.#outcome = isCopied ? 'copied' : 'failed';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#outcome = undefined), SAID_MS);
    return isCopied;
  }
}
