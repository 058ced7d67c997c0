/** The page's start: finds its host, opens the session, mounts the frame. */
import { mount } from 'svelte';
import type { FlametailShell } from '../proto/shell/shell.ts';
import App from './App.svelte';
import { frameLoop } from './base/raf.ts';
import { BrowserHost } from './session/browser-host.ts';
import { DesktopHost } from './session/desktop-host.ts';
import { Session } from './session/session.svelte.ts';
import './styles/base.css';

declare global {
  interface Window {
    /** Exposed by the desktop's preload; absent in browser mode. */
    readonly flametailShell?: FlametailShell;
  }
}

const shell = window.flametailShell;
const session = new Session({
  version: __VERSION__,
  host: shell === undefined ? new BrowserHost() : new DesktopHost(shell),
  frames: frameLoop,
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
});
session.theme.attach(document.documentElement);
session.route.attach();
const noteVisibility = (): void => {
  session.setWatched(!document.hidden);
};
document.addEventListener('visibilitychange', noteVisibility);
noteVisibility();
session.open();
// Coming back to the page is a good moment to try again: the link may have been opened elsewhere.
window.addEventListener('focus', () => {
  session.retryNow();
});

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target, props: { session } });
