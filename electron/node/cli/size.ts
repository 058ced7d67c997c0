/** Sizes as people write them. */

const FACTOR: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
};

/** Bytes of `512MiB`, `1.5GB`, `2g` or a plain number; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const parsed = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim());
  if (parsed === null) return undefined;
  const [, number = '', unit = ''] = parsed;
  const key = unit.toLowerCase();
  const factor = Object.hasOwn(FACTOR, key) ? FACTOR[key] : undefined;
  return factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** A size for people: `312 bytes`, `4.2 KiB`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1)} ${units[unit] ?? ''}`;
}
