/** What the shell itself remembers between starts: a small JSON file in the user's data folder. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';

const ShellStateSchema = v.object({
  theme: v.fallback(v.picklist(['system', 'dark', 'light']), 'system'),
  /** Where the last file was opened or saved; '' before the first one. */
  lastFolder: v.fallback(v.string(), ''),
});

export type ShellState = Readonly<v.InferOutput<typeof ShellStateSchema>>;

/** Reads and writes the state; a file that is missing or damaged counts as never written. */
export class ShellStateFile {
  readonly #path: string;
  #state: ShellState = { theme: 'system', lastFolder: '' };
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  get current(): ShellState {
    return this.#state;
  }

  async load(): Promise<ShellState> {
    try {
      this.#state = v.parse(ShellStateSchema, JSON.parse(await readFile(this.#path, 'utf8')));
    } catch {
      // First start, or a file that something else damaged: the defaults stand.
    }
    return this.#state;
  }

  /** Changes the state at once; the promise ends when it is on disk, or could not be written. */
  update(change: Partial<ShellState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(temporary, JSON.stringify(this.#state), { mode: 0o600 });
      await rename(temporary, this.#path);
    } catch {
      // A read-only profile costs the memory of the last folder, not the session.
    }
  }
}
