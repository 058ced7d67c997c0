/**
 * The addresses that open a file in an editor: scheme -> the host that means "open this file". Other
 * hosts of these schemes install extensions or run actions, so they are never opened.
 */
export const EDITOR_HOSTS: Readonly<Record<string, string>> = {
  vscode: 'file',
  'vscode-insiders': 'file',
  vscodium: 'file',
  cursor: 'file',
  windsurf: 'file',
  zed: 'file',
  subl: 'open',
  txmt: 'open',
  idea: 'open',
  webstorm: 'open',
  pycharm: 'open',
  goland: 'open',
  phpstorm: 'open',
  rubymine: 'open',
  rider: 'open',
  clion: 'open',
  rustrover: 'open',
};

/**
 * The address as it may be handed to the system, or null: a known editor, its host for files, no
 * credentials, and no path on another computer (`//host/share` makes Windows log in there).
 */
export function editorAddress(url: string): string | null {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([/?][^#]*)$/.exec(url);
  if (found === null || url.length > 8192) return null;
  const [, scheme = '', host = '', rest = ''] = found;
  if (!Object.hasOwn(EDITOR_HOSTS, scheme) || EDITOR_HOSTS[scheme] !== host) return null;
  if (/[\u0000-\u0020"'<>`\\]/.test(rest)) return null;
  const decoded = decodedOf(rest);
  if (decoded === null || decoded.includes('\\')) return null;
  const isRemote =
    /^\/\//.test(decoded) || /[?&](?:file|url)=(?:file:)?(?:\/\/(?!\/)|\/{4})/.test(decoded);
  return isRemote || /[?&]file=\/\//.test(decoded) ? null : url;
}

function decodedOf(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
