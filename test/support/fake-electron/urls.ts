/** Chromium knows no app: scheme, so that each of its hosts becomes an https one. */

const SUFFIX = '.app.test';

/** `app://flametail/x` as `https://flametail.app.test/x`; other URLs as they are. */
export function toBrowserUrl(url: string): string {
  return url.replace(/^app:\/\/([^/?#]*)/, `https://$1${SUFFIX}`);
}

/** The inverse of `toBrowserUrl`. */
export function toAppUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !isAppHost(parsed)) return url;
  return `app://${parsed.hostname.slice(0, -SUFFIX.length)}${parsed.pathname}${parsed.search}${parsed.hash}`;
}

/** True for a URL that stands for one of an app: host. */
export function isAppHost(url: URL): boolean {
  return url.protocol === 'https:' && url.hostname.endsWith(SUFFIX);
}
