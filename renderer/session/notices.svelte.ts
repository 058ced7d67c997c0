/** Short messages over the page that stay until they are read or replaced. */

/** One message. A notice of the same key replaces the older one. */
export interface Notice {
  readonly key: string;
  readonly tone: 'info' | 'ok' | 'warning' | 'error';
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
}

/** The messages on the page, oldest first. */
export class Notices {
  #all = $state.raw<readonly Notice[]>([]);

  get all(): readonly Notice[] {
    return this.#all;
  }

  show(notice: Notice): void {
    this.#all = [...this.#all.filter(({ key }) => key !== notice.key), notice];
  }

  dismiss(key: string): void {
    this.#all = this.#all.filter((notice) => notice.key !== key);
  }
}
