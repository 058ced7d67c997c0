/**
 * How a query is drawn: each complete clause as a token with a button that removes it, the clause
 * under the cursor as coloured text, the place of an error underlined. All of it is read from the
 * text by the language's own lexer, so that the box and the engine never disagree.
 */
import { isolateHistory } from '@codemirror/commands';
import { Prec, StateEffect, StateField, type Extension, type Range } from '@codemirror/state';
import {
  Decoration,
  Direction,
  EditorView,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type PluginValue,
  type ViewUpdate,
} from '@codemirror/view';
import {
  removeClause,
  tokenRanges,
  type ClauseRange,
  type PartKind,
} from '../../../proto/query/edit.ts';
import type { TokenRange } from '../../../proto/query/lexer.ts';
import { nameOfClause } from './clause-name.ts';

/** Arabic, Hebrew and the other scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

const partMarks: Readonly<Record<PartKind, Decoration>> = {
  minus: Decoration.mark({ class: 'q-minus' }),
  field: Decoration.mark({ class: 'q-field' }),
  op: Decoration.mark({ class: 'q-op' }),
  value: Decoration.mark({ class: 'q-value' }),
  comma: Decoration.mark({ class: 'q-op' }),
  text: Decoration.mark({ class: 'q-value' }),
  keyword: Decoration.mark({ class: 'q-keyword' }),
  bracket: Decoration.mark({ class: 'q-field' }),
  error: Decoration.mark({ class: 'q-value' }),
};

/** A value in another direction must not turn the order of the clauses around. */
const isolatedMark = Decoration.mark({
  class: 'q-value q-isolated',
  attributes: { dir: 'rtl' },
  bidiIsolate: Direction.RTL,
});

/** Inclusive, so that the remove button at its end is inside the box that it draws. */
const tokenMark = Decoration.mark({ class: 'q-token', inclusive: true });
const errorMark = Decoration.mark({ class: 'q-error' });

/** Whether a clause is drawn as a token when nobody writes in it. */
function isToken({ kind }: ClauseRange): boolean {
  return kind !== 'keyword' && kind !== 'error';
}

class RemoveButton extends WidgetType {
  readonly #name: string;
  readonly #removed: () => void;

  constructor(name: string, removed: () => void) {
    super();
    this.#name = name;
    this.#removed = removed;
  }

  override eq(other: RemoveButton): boolean {
    return other.#name === this.#name;
  }

  override toDOM(view: EditorView): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'q-remove';
    button.textContent = '×';
    button.setAttribute('aria-label', `Remove ${this.#name}`);
    // The editor keeps its cursor where it is.
    button.addEventListener('mousedown', (event) => {
      event.preventDefault();
    });
    button.addEventListener('click', () => {
      const at = view.posAtDOM(button);
      const text = view.state.doc.toString();
      const clause = tokenRanges(text).find(({ from, to }) => from <= at && at <= to);
      if (clause === undefined) return;
      const hadFocus = document.activeElement === button;
      const rest = removeClause(text, clause);
      view.dispatch({
        changes: { from: 0, to: text.length, insert: rest },
        selection: { anchor: rest.length },
        annotations: isolateHistory.of('full'),
      });
      if (hadFocus) view.focus();
      this.#removed();
    });
    return button;
  }
}

class ClausePainter implements PluginValue {
  /** The boxes and their buttons. */
  clauses: DecorationSet = Decoration.none;
  /** The colours inside. */
  parts: DecorationSet = Decoration.none;
  isolated: DecorationSet = Decoration.none;
  readonly #removed: () => void;

  constructor(view: EditorView, removed: () => void) {
    this.#removed = removed;
    this.#paint(view);
  }

  update(update: ViewUpdate): void {
    const { docChanged, selectionSet, focusChanged, viewportChanged } = update;
    if (docChanged || selectionSet || focusChanged || viewportChanged) this.#paint(update.view);
  }

  #paint(view: EditorView): void {
    const text = view.state.doc.toString();
    const { head, anchor } = view.state.selection.main;
    const isTouched = ({ from, to }: TokenRange): boolean =>
      view.hasFocus && ((from <= head && head <= to) || (from <= anchor && anchor <= to));
    const boxes: Range<Decoration>[] = [];
    const colours: Range<Decoration>[] = [];
    const isolated: Range<Decoration>[] = [];
    for (const clause of tokenRanges(text)) {
      const { from, to } = clause;
      // What is far outside the view of a very long query is not drawn.
      if (!view.visibleRanges.some((range) => range.from <= to && from <= range.to)) continue;
      if (isToken(clause) && !isTouched(clause)) {
        boxes.push(tokenMark.range(from, to));
        const widget = new RemoveButton(nameOfClause(text, clause), this.#removed);
        boxes.push(Decoration.widget({ widget, side: -1 }).range(to));
      }
      for (const part of clause.parts) {
        if (part.from >= part.to) continue;
        const isValue = part.kind === 'value' || part.kind === 'text';
        if (isValue && RIGHT_TO_LEFT.test(text.slice(part.from, part.to))) {
          isolated.push(isolatedMark.range(part.from, part.to));
        } else colours.push(partMarks[part.kind].range(part.from, part.to));
      }
    }
    this.clauses = Decoration.set(boxes, true);
    this.parts = Decoration.set(colours, true);
    this.isolated = Decoration.set(isolated, true);
  }
}

/** Draws the clauses of a query. `removed` is told when a button took one away. */
export function clauseTokens(removed: () => void): Extension {
  return ViewPlugin.define((view) => new ClausePainter(view, removed), {
    // Marks of higher precedence are the inner ones.
    provide: (plugin) => [
      Prec.lowest(
        EditorView.decorations.of((view) => view.plugin(plugin)?.clauses ?? Decoration.none),
      ),
      EditorView.decorations.of((view) => view.plugin(plugin)?.parts ?? Decoration.none),
      EditorView.decorations.of((view) => view.plugin(plugin)?.isolated ?? Decoration.none),
      EditorView.bidiIsolatedRanges.of((view) => view.plugin(plugin)?.isolated ?? Decoration.none),
    ],
  });
}

/** Underlines a range until the text changes; null takes the line away. */
export const underline = StateEffect.define<TokenRange | null>();

/** The underlined range of an editor. */
export const underlined: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(underline)) continue;
      next =
        effect.value === null
          ? Decoration.none
          : underlineIn(transaction.newDoc.length, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** An error behind the end of the text is shown at its last character. */
function underlineIn(length: number, range: TokenRange): DecorationSet {
  const to = Math.min(length, Math.max(range.to, range.from + 1));
  const from = Math.max(0, Math.min(range.from, to - 1));
  return from < to ? Decoration.set(errorMark.range(from, to)) : Decoration.none;
}
