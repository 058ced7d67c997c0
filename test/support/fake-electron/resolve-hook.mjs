/**
 * Module hooks: `electron` becomes the fake of the launch that imports it, and every local module that
 * a launch imports is its own copy, so that no state leaks from one launch into the next.
 */
const STUB = new URL('./electron-stub.mjs', import.meta.url).href;

/** The launch number in a module's URL, or null for modules of no launch. */
function launchOf(url) {
  return url === undefined || !url.startsWith('file:')
    ? null
    : new URL(url).searchParams.get('fake-electron');
}

export async function resolve(specifier, context, nextResolve) {
  const launch = launchOf(context.parentURL);
  if (launch === null) return nextResolve(specifier, context);
  if (specifier === 'electron') {
    return { url: `${STUB}?fake-electron=${launch}`, shortCircuit: true };
  }
  const resolved = await nextResolve(specifier, context);
  if (!resolved.url.startsWith('file:') || launchOf(resolved.url) !== null) return resolved;
  const url = new URL(resolved.url);
  url.searchParams.set('fake-electron', launch);
  return { ...resolved, url: url.href };
}
