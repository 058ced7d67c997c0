/** Styles of CodeMirror under a content security policy that allows style sheets of our own only. */

/** The parts of a document that CodeMirror asks its root for. */
type RootParts = Pick<
  Document,
  'nodeType' | 'ownerDocument' | 'activeElement' | 'adoptedStyleSheets' | 'getSelection'
>;

/**
 * A root for an editor in `page`. In a document CodeMirror adds a style element, which the policy
 * stops; in a root without a head, as in a shadow tree, it adopts a constructed style sheet, which
 * the policy has no say in. This root is the document in all but its head, and passes the sheets on.
 */
export function adoptingRoot(page: Document): Document {
  const root: RootParts = {
    nodeType: page.nodeType,
    // A document has no owner; CodeMirror makes the sheet in the window of this one.
    get ownerDocument(): null {
      return page as unknown as null;
    },
    get activeElement() {
      return page.activeElement;
    },
    get adoptedStyleSheets() {
      return page.adoptedStyleSheets;
    },
    set adoptedStyleSheets(sheets) {
      page.adoptedStyleSheets = sheets;
    },
    getSelection: () => page.getSelection(),
  };
  return root as Document; // CodeMirror reads no other part of its root.
}
