/** How the editor of a query box looks: tokens of the page only. */
import { EditorView } from '@codemirror/view';

const TOKEN_PX = 20;

/** The styles of the editor and of what is drawn in it. */
export const editorTheme = EditorView.theme({
  '&': { height: '26px', minWidth: '0', flex: '1', color: 'var(--t1)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    overflow: 'auto hidden',
    scrollbarWidth: 'none',
    fontFamily: 'var(--mono)',
    fontSize: 'var(--f-xs)',
    fontVariantLigatures: 'none',
    lineHeight: `${TOKEN_PX}px`,
  },
  // Three px above and below a line of 20 fill the box.
  '.cm-content': { padding: '3px 0', caretColor: 'var(--accent-solid)' },
  '.cm-line': { padding: '0 2px' },
  '.cm-placeholder': { color: 'var(--t3)', fontFamily: 'var(--font)', fontSize: 'var(--f-s)' },
  '.q-token': {
    display: 'inline-block',
    height: `${TOKEN_PX}px`,
    padding: '0 2px 0 6px',
    borderRadius: 'var(--r-2)',
    background: 'var(--s2)',
    fontWeight: '500',
    verticalAlign: 'middle',
  },
  '.q-token:hover': { background: 'var(--s3)' },
  '.q-token:hover .q-field, .q-token:hover .q-remove': { color: 'var(--t2)' },
  '.q-field': { color: 'var(--t3)' },
  '.q-op': { color: 'var(--accent)' },
  '.q-value': { color: 'var(--t1)' },
  '.q-isolated': { unicodeBidi: 'isolate' },
  '.q-minus': { color: 'var(--l-error)' },
  '.q-keyword': { color: 'var(--accent)' },
  '.q-error': {
    textDecoration: 'underline wavy var(--l-error) 1px',
    textUnderlineOffset: '3px',
    textDecorationSkipInk: 'none',
  },
  '.q-remove': {
    minWidth: '18px',
    height: `${TOKEN_PX}px`,
    marginLeft: '1px',
    borderRadius: 'var(--r-2)',
    color: 'var(--t3)',
    fontFamily: 'var(--mono)',
    fontSize: 'var(--f-xs)',
    lineHeight: `${TOKEN_PX}px`,
    textAlign: 'center',
    verticalAlign: 'top',
  },
  '.q-remove:hover': { color: 'var(--t1) !important' },
  '.q-remove:focus-visible': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
});
