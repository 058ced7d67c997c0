/**
 * The text editor of a query box: CodeMirror in one line. Loaded when the first box is shown, as it
 * is the largest part of the page that no picture needs.
 */
import { history, historyKeymap, isolateHistory, standardKeymap } from '@codemirror/commands';
import { Annotation, Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import type { TokenRange } from '../../../proto/query/lexer.ts';
import type { BoxKey, EditorPort } from './box-state.svelte.ts';
import { adoptingRoot } from './style-root.ts';
import { editorTheme } from './theme.ts';
import { clauseTokens, underline, underlined } from './tokens.ts';

/** What an editor tells. */
export interface EditorEvents {
  /** The person changed the text, or only moved the cursor. */
  edited(what: 'text' | 'cursor'): void;
  /** True when the key is taken. */
  pressed(key: BoxKey): boolean;
  focused(isFocused: boolean): void;
  /** A remove button took a clause away. */
  removed(): void;
  /** An input method finished a text. */
  composed(): void;
}

/** Attributes of the editable element. */
export type EditorAttributes = Readonly<Record<string, string>>;

const fromOutside = Annotation.define<boolean>();

const KEYS: readonly BoxKey[] = [
  'Enter',
  'Tab',
  'Escape',
  'ArrowUp',
  'ArrowDown',
  'Ctrl-Space',
  'Shift-Delete',
];

/** A query is one line: line breaks of a paste or a drop become spaces. */
const oneLine: Extension = [
  EditorView.clipboardInputFilter.of((text) => text.trim().replace(/\s*[\r\n]+\s*/g, ' ')),
  EditorState.transactionFilter.of((transaction) => {
    if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction;
    const changes = [];
    for (let line = 1; line < transaction.newDoc.lines; line++) {
      const { to } = transaction.newDoc.line(line);
      changes.push({ from: to, to: to + 1, insert: ' ' });
    }
    return [transaction, { changes, sequential: true }];
  }),
];

/** An element and not a text, which would become an attribute that a combobox may not have. */
function hintOf(text: string): HTMLElement {
  const hint = document.createElement('span');
  hint.textContent = text;
  return hint;
}

/** An editor in `parent`, until it is closed. */
export class QueryEditor implements EditorPort {
  readonly #view: EditorView;
  readonly #attributes = new Compartment();
  #latest: EditorAttributes;

  constructor(
    parent: HTMLElement,
    start: { text: string; hint: string; attributes: EditorAttributes },
    events: EditorEvents,
  ) {
    this.#latest = start.attributes;
    const keys = KEYS.map((key) => ({ key, run: () => events.pressed(key) }));
    this.#view = new EditorView({
      parent,
      root: adoptingRoot(parent.ownerDocument),
      state: EditorState.create({
        doc: start.text,
        selection: { anchor: start.text.length },
        extensions: [
          keymap.of([...keys, { key: 'Shift-Enter', run: () => events.pressed('Enter') }]),
          keymap.of([...historyKeymap, ...standardKeymap]),
          history(),
          oneLine,
          clauseTokens(() => {
            events.removed();
          }),
          underlined,
          placeholder(() => hintOf(start.hint)),
          editorTheme,
          this.#attributes.of(EditorView.contentAttributes.of(start.attributes)),
          EditorView.updateListener.of((update) => {
            if (update.focusChanged) events.focused(update.view.hasFocus);
            const isOurs = update.transactions.some((each) => each.annotation(fromOutside));
            if (isOurs) return;
            if (update.docChanged) events.edited('text');
            else if (update.selectionSet) events.edited('cursor');
          }),
          EditorView.domEventHandlers({
            compositionstart: (_event, view) => {
              // Text composed over tokens would get their styles inline from the browser, which the
              // content security policy reports. Composed into a gap it has none to take over.
              if (!view.state.selection.main.empty) view.dispatch(view.state.replaceSelection(''));
            },
            compositionend: () => {
              // CodeMirror reads the text that was composed after this event.
              setTimeout(() => {
                events.composed();
              });
            },
          }),
        ],
      }),
    });
    // A combobox has one line by nature; it may not say so.
    this.#view.contentDOM.removeAttribute('aria-multiline');
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  get cursor(): number {
    return this.#view.state.selection.main.head;
  }

  get isComposing(): boolean {
    return this.#view.composing;
  }

  get hasFocus(): boolean {
    return this.#view.hasFocus;
  }

  setText(text: string): void {
    this.replace(0, this.#view.state.doc.length, text);
  }

  replace(from: number, to: number, insert: string): void {
    const length = this.#view.state.doc.length;
    const end = Math.min(length, to);
    this.#view.dispatch({
      changes: { from: Math.min(from, end), to: end, insert },
      selection: { anchor: Math.min(from, end) + insert.length },
      // A step of its own for undo, whatever was typed just before.
      annotations: [fromOutside.of(true), isolateHistory.of('full')],
      scrollIntoView: true,
    });
  }

  underline(range: TokenRange | null): void {
    this.#view.dispatch({ effects: underline.of(range), annotations: fromOutside.of(true) });
  }

  /** Replaces the attributes of the editable element. */
  setAttributes(attributes: EditorAttributes): void {
    const keys = new Set([...Object.keys(attributes), ...Object.keys(this.#latest)]);
    if ([...keys].every((key) => attributes[key] === this.#latest[key])) return;
    this.#latest = attributes;
    this.#view.dispatch({
      effects: this.#attributes.reconfigure(EditorView.contentAttributes.of(attributes)),
      annotations: fromOutside.of(true),
    });
  }

  /** Puts the cursor behind the last clause, where the next one can be written. */
  focus(): void {
    const text = this.text;
    if (text !== '' && !text.endsWith(' ')) this.replace(text.length, text.length, ' ');
    else this.replace(text.length, text.length, '');
    this.#view.focus();
  }

  /** Puts the cursor where it was. */
  refocus(): void {
    this.#view.focus();
  }

  blur(): void {
    this.#view.contentDOM.blur();
  }

  /** Where a place of the text is on the page, in CSS px from its left edge. */
  leftOf(position: number): number {
    const at = Math.max(0, Math.min(position, this.#view.state.doc.length));
    return this.#view.coordsAtPos(at)?.left ?? this.#view.dom.getBoundingClientRect().left;
  }

  close(): void {
    this.#view.destroy();
  }
}
