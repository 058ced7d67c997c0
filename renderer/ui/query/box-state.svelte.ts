/**
 * What a query box does, apart from how it is drawn. The text is the editor's; a valid one is
 * applied after a short rest, an invalid one is underlined while the last valid one stays applied.
 */
import type { TokenRange } from '../../../proto/query/lexer.ts';
import {
  optionsFor,
  pastOptions,
  sectionsOf,
  traceIdOf,
  withoutWordAt,
  type Option,
} from './options.ts';
import type { QueryError, QuerySource, Suggested } from './query-source.ts';

/** Keys that the box takes before the editor does. */
export type BoxKey =
  'Enter' | 'Tab' | 'Escape' | 'ArrowUp' | 'ArrowDown' | 'Ctrl-Space' | 'Shift-Delete';

/** The editor, as far as the box needs it. Changes made here can be undone like typing. */
export interface EditorPort {
  readonly text: string;
  readonly cursor: number;
  readonly isComposing: boolean;
  setText(text: string): void;
  /** Puts a text into the place of [from, to), and the cursor behind it. */
  replace(from: number, to: number, insert: string): void;
  underline(range: TokenRange | null): void;
  blur(): void;
}

/** What a box is given; read at every use, so that it may change. */
export interface BoxProps {
  readonly value: string;
  readonly source: QuerySource;
  readonly onchange: (value: string) => void;
}

/** Long enough to swallow a burst of typing, short enough to feel immediate. */
const REST_MS = 120;

const NOTHING: Suggested = { from: 0, to: 0, items: [], sampled: false };

export class BoxState {
  readonly #props: BoxProps;
  #editor: EditorPort | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();
  /** Counts checks: an answer to any but the latest is late. */
  #checks = 0;
  /** The query that the caller was told last, or gave. */
  #applied: string;
  /** Where the options go; their start is where the popup stands. */
  #place = $state.raw<TokenRange>({ from: 0, to: 0 });
  #text = $state('');
  #options = $state.raw<readonly Option[]>([]);
  #index = $state(0);
  #isSampled = $state(false);
  #error = $state.raw<QueryError | null>(null);
  #note = $state('');
  /** The person moved to an option, so that Enter takes it. */
  #isChosen = false;

  constructor(props: BoxProps) {
    this.#props = props;
    this.#applied = props.value;
    this.#text = props.value;
  }

  /** What stands in the box. */
  get text(): string {
    return this.#text;
  }

  /** In the order in which they are shown. Not empty while the popup is open. */
  get options(): readonly Option[] {
    return this.#options;
  }

  get index(): number {
    return this.#index;
  }

  get isOpen(): boolean {
    return this.#options.length > 0;
  }

  get isSampled(): boolean {
    return this.#isSampled;
  }

  /** Where the popup stands, as a place of the text. */
  get from(): number {
    return this.#place.from;
  }

  /** What the options complete. */
  get typed(): string {
    return this.#text.slice(this.#place.from, this.#place.to);
  }

  get isInvalid(): boolean {
    return this.#error !== null;
  }

  /** One line of help; '' when there is nothing to say. */
  get help(): string {
    return this.#error?.message ?? this.#note;
  }

  /** Takes over an editor, which holds `text`. */
  attach(editor: EditorPort): void {
    this.#editor = editor;
    if (editor.text.trim() !== '') void this.#check(editor.text);
  }

  close(): void {
    this.#stop();
    this.#rest();
    this.#checks = Infinity; // Answers that are on their way are all late.
    this.#editor = undefined;
  }

  /** A query from outside (back, a link, a filter action) replaces the text, unless it is our own. */
  take(value: string): void {
    if (value === this.#applied) return;
    this.#applied = value;
    this.#rest();
    this.#hide();
    this.#text = value;
    this.#setError(null);
    this.#editor?.setText(value);
    if (value !== '' && this.#editor !== undefined) void this.#check(value);
  }

  /** The person edited the text, or moved the cursor. */
  edited(what: 'text' | 'cursor'): void {
    const editor = this.#editor;
    if (editor === undefined || editor.isComposing) return;
    if (what === 'cursor') {
      this.#hide();
      return;
    }
    this.#text = editor.text;
    this.#setError(null);
    this.#later();
    void this.#suggest(false);
  }

  /** The box lost the focus. */
  left(): void {
    this.#hide();
    if (traceIdOf(this.#text) === '') void this.apply(false);
  }

  pressed(key: BoxKey): boolean {
    switch (key) {
      case 'Enter':
        this.#enter();
        return true;
      case 'Tab':
        return this.#takeOption(this.#options[this.#index]);
      case 'Escape':
        if (this.isOpen) this.#hide();
        else this.#editor?.blur();
        return true;
      case 'ArrowDown':
        return this.#move(1);
      case 'ArrowUp':
        return this.#move(-1);
      case 'Ctrl-Space':
        void this.#suggest(true);
        return true;
      case 'Shift-Delete':
        return this.forget(this.#options[this.#index]);
    }
  }

  /** Takes an option as a click does. */
  choose(option: Option): void {
    this.#takeOption(option);
    if (option.isWhole && option.group !== 'trace') void this.apply(true);
    if (option.group === 'trace') this.#openTrace(option.insert);
  }

  /** Takes a saved or recent query out of the list; false for other options. */
  forget(option: Option | undefined): boolean {
    const { source } = this.#props;
    if (option?.group === 'saved') source.removeSaved(option.label);
    else if (option?.group === 'recent') source.forget(option.insert);
    else return false;
    this.#options = this.#options.filter((each) => each !== option);
    this.#index = Math.max(0, Math.min(this.#index, this.#options.length - 1));
    return true;
  }

  /** Replaces all of the text, as if it were typed, and applies it. */
  write(text: string): void {
    this.#editor?.setText(text);
    this.#text = text;
    this.#setError(null);
    this.#hide();
    void this.apply(false);
  }

  /** A clause was taken away by its button. */
  removed(): void {
    this.#text = this.#editor?.text ?? '';
    this.#hide();
    void this.apply(false);
  }

  /** Applies the whole text now, when it is valid. `isMeant`: it goes into the list of recent ones. */
  async apply(isMeant: boolean): Promise<void> {
    this.#rest();
    const text = this.#text.trim();
    if (!(await this.#check(this.#text))) return;
    if (isMeant && text !== '') this.#props.source.remember(text);
    this.#tell(text);
  }

  #enter(): void {
    const option = this.#isChosen ? this.#options[this.#index] : undefined;
    const traceId = traceIdOf(this.#text);
    if (option !== undefined && option.group !== 'trace') {
      this.#takeOption(option);
      if (option.isWhole || option.group === 'value' || option.group === 'unit') {
        void this.apply(true);
      }
      return;
    }
    if (traceId !== '') {
      this.#openTrace(traceId);
      return;
    }
    this.#hide();
    this.#endClause();
    void this.apply(true);
  }

  /** A space behind the last clause makes a token of it. */
  #endClause(): void {
    const editor = this.#editor;
    const end = editor?.text.length ?? 0;
    if (editor === undefined || editor.text.trim() === '' || editor.text.endsWith(' ')) return;
    if (editor.cursor === end) editor.replace(end, end, ' ');
    this.#text = editor.text;
  }

  #openTrace(traceId: string): void {
    this.#hide();
    this.#rest();
    void this.#props.source.openTrace(traceId).then((isThere) => {
      if (isThere) return;
      this.#note = `Trace ${traceId.slice(0, 8)} is not in memory.`;
    });
  }

  #takeOption(option: Option | undefined): boolean {
    const editor = this.#editor;
    if (option === undefined || editor === undefined) return false;
    const { from } = option.range;
    // What was typed since the options were asked for is of the word that they complete.
    const to = Math.max(option.range.to, editor.cursor);
    const isDone = option.group === 'value' || option.group === 'unit' || option.isWhole;
    const needsGap = (isDone || option.group === 'keyword') && editor.text[to] !== ' ';
    this.#hide();
    this.#setError(null);
    editor.replace(from, to, option.insert + (needsGap && option.group !== 'trace' ? ' ' : ''));
    this.#text = editor.text;
    this.#later();
    if (!isDone) void this.#suggest(true);
    return true;
  }

  #move(step: number): boolean {
    if (!this.isOpen) {
      if (this.#text.trim() !== '') return false;
      this.#show(pastOptions(this.#props.source), NOTHING);
      this.#isChosen = this.isOpen;
      return this.isOpen;
    }
    const count = this.#options.length;
    this.#index = (this.#index + step + count) % count;
    this.#isChosen = true;
    return true;
  }

  /** Asks what can stand at the cursor. In an empty box only when the person asks. */
  async #suggest(isAsked: boolean): Promise<void> {
    const editor = this.#editor;
    this.#stop();
    const { signal } = this.#asking;
    if (editor === undefined || (!isAsked && editor.text.trim() === '')) {
      this.#hide();
      return;
    }
    const { text, cursor } = editor;
    let suggested: Suggested = { ...NOTHING, from: cursor, to: cursor };
    try {
      suggested = await this.#props.source.complete(text, cursor, signal);
    } catch {
      // Without completion the box is still a box: saved queries and trace ids are offered.
    }
    if (signal.aborted) return;
    this.#show(optionsFor(text, suggested, this.#props.source), suggested);
  }

  #show(options: readonly Option[], { from, to, sampled }: Suggested): void {
    this.#options = sectionsOf(options).flatMap((section) => section.options);
    this.#index = 0;
    this.#isChosen = false;
    this.#place = { from, to };
    this.#isSampled = sampled;
  }

  #hide(): void {
    this.#stop();
    this.#options = [];
    this.#isChosen = false;
  }

  #stop(): void {
    this.#asking.abort();
    this.#asking = new AbortController();
  }

  #later(): void {
    this.#rest();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#applyTyped();
    }, REST_MS);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Applies what is typed, without the word that is still being completed. */
  async #applyTyped(): Promise<void> {
    const text = this.#text;
    if (this.#editor?.isComposing === true || traceIdOf(text) !== '') return;
    if (!(await this.#check(text))) return;
    const isField = this.#options.some(({ group }) => group === 'field');
    const checks = this.#checks;
    const ready = isField ? withoutWordAt(text, this.#editor?.cursor ?? 0) : text;
    if (ready !== text && !(await this.#isValid(ready))) return;
    if (checks === this.#checks) this.#tell(ready.trim());
  }

  #tell(text: string): void {
    if (text === this.#applied) return;
    this.#applied = text;
    this.#props.onchange(text);
  }

  /** Whether the text can be asked; shows why not. False, too, when the answer is late. */
  async #check(text: string): Promise<boolean> {
    if (this.#checks === Infinity) return false;
    const check = ++this.#checks;
    let error: QueryError | null = null;
    if (text.trim() !== '') {
      try {
        error = await this.#props.source.check(text);
      } catch {
        // Nobody can tell. What is asked then says so in its own place.
      }
    }
    if (check !== this.#checks) return false;
    this.#setError(error);
    return error === null;
  }

  async #isValid(text: string): Promise<boolean> {
    try {
      return text.trim() === '' || (await this.#props.source.check(text)) === null;
    } catch {
      return false;
    }
  }

  #setError(error: QueryError | null): void {
    const isSame = error === null && this.#error === null;
    this.#error = error;
    this.#note = '';
    if (!isSame) this.#editor?.underline(error);
  }
}
