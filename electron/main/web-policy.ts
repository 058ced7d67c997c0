/**
 * What web content may do: stay on our own page, write to the clipboard, and nothing else. Attribute
 * values come from whoever sends telemetry, so a link in the page is never opened unasked.
 */
import type { App, Session, WebContents } from 'electron';
import { isAppUrl } from './app-protocol.ts';

/** What the policy needs from outside. */
export interface LinkOpener {
  /** Shows the whole address; true only when the person presses Open. */
  confirm(url: string): Promise<boolean>;
  open(url: string): Promise<void>;
}

/** The address to offer for opening in the browser, or null when it is not an ordinary web link. */
export function externalLink(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) return null;
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return null;
  return parsed.username === '' && parsed.password === '' ? parsed.href : null;
}

/** Guards every WebContents that the app will ever make. Call before the first window. */
export function guardWebContents(app: App, opener: LinkOpener): void {
  let asking = false;
  const offer = async (url: string): Promise<void> => {
    const link = externalLink(url);
    // One question at a time: a page that asks in a loop cannot bury the person in dialogs.
    if (link === null || asking) return;
    asking = true;
    try {
      if (await opener.confirm(link)) await opener.open(link);
    } finally {
      asking = false;
    }
  };
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!isAppUrl(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
    contents.setWindowOpenHandler(({ url }) => {
      void offer(url);
      return { action: 'deny' };
    });
  });
}

/** Refuses every permission but writing text to the clipboard from our own page. */
export function guardPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(permission === 'clipboard-sanitized-write' && isAppUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) => {
    return permission === 'clipboard-sanitized-write' && isAppUrl(requestingOrigin);
  });
  session.setDevicePermissionHandler(() => false);
}
