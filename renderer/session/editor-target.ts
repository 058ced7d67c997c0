/** From a stack frame to what opens it: editors, path mapping, and the address or command to use. */
import { editorAddress } from '../../proto/shell/editor-schemes.ts';
import { shellQuoted } from '../base/shell-quote.ts';
import type { StackFrame } from '../base/stack-frames.ts';

/** An editor that a person can choose. `{path}`, `{line}` and `{column}` are filled in. */
export interface EditorKind {
  readonly id: string;
  readonly label: string;
  readonly template: string;
}

const jetBrains = (id: string, label: string): EditorKind => ({
  id,
  label,
  template: `${id}://open?file={path}&line={line}&column={column}`,
});
const pathStyle = (id: string, label: string): EditorKind => ({
  id,
  label,
  template: `${id}://file{path}:{line}:{column}`,
});

/** Every editor by name; a template of the person's own stands beside them. */
export const EDITORS: readonly EditorKind[] = [
  pathStyle('vscode', 'VS Code'),
  pathStyle('cursor', 'Cursor'),
  pathStyle('windsurf', 'Windsurf'),
  pathStyle('vscodium', 'VSCodium'),
  pathStyle('zed', 'Zed'),
  {
    id: 'subl',
    label: 'Sublime Text',
    template: 'subl://open?url=file://{path}&line={line}&column={column}',
  },
  jetBrains('idea', 'IntelliJ IDEA'),
  jetBrains('webstorm', 'WebStorm'),
  jetBrains('pycharm', 'PyCharm'),
  jetBrains('goland', 'GoLand'),
  jetBrains('phpstorm', 'PhpStorm'),
  jetBrains('rubymine', 'RubyMine'),
  jetBrains('rider', 'Rider'),
  jetBrains('rustrover', 'RustRover'),
];

/** A path as the program sees it, and the same as this computer sees it. */
export interface PathRule {
  readonly from: string;
  readonly to: string;
}

/**
 * Rules out of lines such as `/app => /home/ada/bakery`. `.` on the left says where relative paths
 * begin. Lines that are none are left out.
 */
export function parsePathRules(text: string): PathRule[] {
  return text.split('\n').flatMap((line) => {
    const [, from, to] = /^\s*(\S.*?)\s*=>\s*(\S.*?)\s*$/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [{ from: slashes(from), to: slashes(to) }];
  });
}

/** What opens a frame: an address, a command to run by hand, or nothing until a path is mapped. */
export type EditorTarget =
  | { readonly type: 'address'; readonly url: string }
  | { readonly type: 'command'; readonly command: string }
  | { readonly type: 'unmapped'; readonly path: string }
  | { readonly type: 'none' };

type Place = Pick<StackFrame, 'file' | 'line' | 'column' | 'fn'>;

/** `template` is an editor's, or a person's own: an address of a known editor, or a command. */
export function editorTarget(
  place: Place,
  template: string,
  rules: readonly PathRule[],
): EditorTarget {
  const source = sourcePath(place);
  if (source === '' || template.trim() === '') return { type: 'none' };
  const path = mappedPath(source, rules);
  if (path === null) return { type: 'unmapped', path: source };
  const isAddress = /^[a-z][a-z0-9+.-]*:/i.test(template);
  const filled = filledIn(template, path, place, isAddress);
  if (!isAddress) return { type: 'command', command: filled };
  const url = editorAddress(filled);
  return url === null ? { type: 'none' } : { type: 'address', url };
}

function filledIn(template: string, path: string, place: Place, isAddress: boolean): string {
  const numbers = {
    line: String(Math.max(1, place.line)),
    column: String(Math.max(1, place.column)),
  };
  return template.replace(/\{(path|line|column)\}/g, (_, name: string) => {
    if (name === 'line' || name === 'column') return numbers[name];
    if (!isAddress) return shellQuoted(path);
    const rooted = path.startsWith('/') ? path : `/${path}`;
    return rooted.split('/').map(encodeSegment).join('/');
  });
}

/** Like encodeURIComponent, but the colon of a drive and quotes that addresses may not hold. */
function encodeSegment(segment: string): string {
  const encoded = encodeURIComponent(segment).replaceAll("'", '%27');
  return /^[A-Za-z]%3A$/.test(encoded) ? encoded.replace('%3A', ':') : encoded;
}

/** The file of a frame as a path: of addresses their path, of Java the package as folders. */
function sourcePath({ file, fn }: Place): string {
  if (/^file:\/\//.test(file))
    return decoded(file.replace(/^file:\/\//, '')).replace(/^\/([A-Za-z]:)/, '$1');
  const address = /^(?:https?|webpack(?:-internal)?|app|capacitor):\/\/\/?[^/]*\/(.*)$/.exec(file);
  if (address !== null)
    return decoded((address[1] ?? '').replace(/[?#].*$/, '')).replace(/^\.\//, '');
  if (/^(node:|native|<|internal\/)/.test(file)) return '';
  if (/^[^/\\]+\.(java|kt|scala|groovy)$/.test(file)) return `${packageFolder(fn)}${file}`;
  return slashes(file).replace(/^\.\//, '');
}

/** `dev.bakery.Orders.place` -> `dev/bakery/`: a class starts with a capital. */
function packageFolder(fn: string): string {
  const parts = fn.split('.');
  const classAt = parts.findIndex((part) => /^[A-Z]/.test(part));
  return classAt <= 0 ? '' : `${parts.slice(0, classAt).join('/')}/`;
}

/** The path on this computer; null for a relative one without a folder to begin in. */
function mappedPath(path: string, rules: readonly PathRule[]): string | null {
  const longest = rules
    .filter(({ from }) => from !== '.' && (path === from || path.startsWith(withSlash(from))))
    .sort((a, b) => b.from.length - a.from.length)[0];
  if (longest !== undefined) return joined(longest.to, path.slice(withSlash(longest.from).length));
  if (/^(\/|[A-Za-z]:\/)/.test(path)) return path;
  const root = rules.find(({ from }) => from === '.');
  return root === undefined ? null : joined(root.to, path);
}

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
const joined = (root: string, path: string): string => withSlash(root) + path.replace(/^\/+/, '');
const slashes = (path: string): string =>
  /^[A-Za-z]:\\|^\\\\|^[^/]*\\/.test(path) ? path.replaceAll('\\', '/') : path;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A % that encodes nothing stands for itself.
  }
}
