/**
 * Everything that pages load: app:// by the program's own handler, navigations and new windows by its
 * guards, and nothing from anywhere else, because tests run without a network.
 */
import type { BrowserContext, Page, Request as PageRequest, Route } from 'playwright-core';
import type { FakeHost } from './host.ts';
import { isAppHost, toAppUrl } from './urls.ts';
import type { FakeBrowserWindow } from './windows.ts';

/** Routes every request of the context. Blocked ones are written down in `blocked`. */
export async function routePages(
  context: BrowserContext,
  host: FakeHost,
  blocked: string[],
): Promise<void> {
  const popupUrls: string[] = [];
  await context.route('**/*', async (route) => {
    const request = route.request();
    if (request.isNavigationRequest()) {
      const window = windowOf(host, request);
      if (window === null) {
        popupUrls.push(toAppUrl(request.url()));
        // An empty document: an aborted request would leave no page to close.
        await route.fulfill({ contentType: 'text/html', body: '' });
        return;
      }
      if (!allowsNavigation(window, request)) {
        blocked.push(toAppUrl(request.url()));
        // No content: the page stays where it is.
        await route.fulfill({ status: 204 });
        return;
      }
    }
    await answer(route, host, blocked);
  });
  context.on('page', (page) => {
    void settlePopup(page, host, popupUrls);
  });
}

/** The window whose page asks, or null for a page that some page opened. */
function windowOf(host: FakeHost, request: PageRequest): FakeBrowserWindow | null {
  let page: Page;
  try {
    page = request.frame().page();
  } catch {
    // A page that is just being opened has no frame yet.
    return null;
  }
  return host.windows.find((window) => window.contents.hasPage(page)) ?? null;
}

/** Asks will-navigate and will-frame-navigate, as Electron does for what the page starts itself. */
function allowsNavigation(window: FakeBrowserWindow, request: PageRequest): boolean {
  if (window.contents.isNavigating) return true;
  const frame = request.frame();
  const isMainFrame = frame.parentFrame() === null;
  let isPrevented = false;
  const event = {
    url: toAppUrl(request.url()),
    isMainFrame,
    preventDefault: () => {
      isPrevented = true;
    },
  };
  if (isMainFrame) window.contents.emit('will-navigate', event);
  window.contents.emit('will-frame-navigate', event);
  return !isPrevented;
}

async function answer(route: Route, host: FakeHost, blocked: string[]): Promise<void> {
  const request = route.request();
  const url = new URL(request.url());
  if (!isAppHost(url)) {
    blocked.push(request.url());
    await route.abort('blockedbyclient');
    return;
  }
  const response = await host.fetch(
    new Request(toAppUrl(request.url()), {
      method: request.method(),
      headers: request.headers(),
      body: request.method() === 'GET' ? null : new Uint8Array(request.postDataBuffer() ?? []),
    }),
  );
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}

/** Puts a new page before the opener's handler, and closes it. */
async function settlePopup(page: Page, host: FakeHost, popupUrls: string[]): Promise<void> {
  const opener = await page.opener();
  // Our own windows' pages have neither; a popup opened with noopener has a request only.
  if (opener === null && popupUrls.length === 0) return;
  const window =
    host.windows.find((each) => opener !== null && each.contents.hasPage(opener)) ??
    host.windows[0];
  const url = popupUrls.shift() ?? page.url();
  const verdict = window?.contents.windowOpenHandler?.({
    url,
    frameName: '',
    features: '',
    disposition: 'new-window',
    referrer: { url: '', policy: 'no-referrer' },
  });
  if (verdict?.action !== 'deny') host.problem(`window.open(${url}) was allowed`);
  await page.close();
  host.events.emit('popup-denied', url);
}
