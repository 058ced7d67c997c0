/** Opening a page in the person's browser. */
import { spawn } from 'node:child_process';

/** Tries to; a machine without a browser is no error, the link is printed anyway. */
export function openInBrowser(url: string): void {
  const [command, ...args] = openerOf(process.platform, url);
  const child = spawn(command, args, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined); // No opener here.
  child.unref();
}

function openerOf(platform: NodeJS.Platform, url: string): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open', url];
  // `start` takes its first quoted argument, here an empty one, for a title.
  if (platform === 'win32') return ['cmd', '/c', 'start', '', url];
  return ['xdg-open', url];
}
