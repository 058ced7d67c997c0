/** Ways between the current and the retired names of one attribute. */
import { RENAMED } from './renamed.ts';

const namesByAny = new Map<string, readonly string[]>(
  RENAMED.flatMap((names) => names.map((name) => [name, names] as const)),
);

/** All names of what `key` names, current first; `key` alone when it was never renamed. */
export function namesOf(key: string): readonly string[] {
  return namesByAny.get(key) ?? [key];
}

/** The current name of a retired one; null for names that are current or were never renamed. */
export function currentNameOf(key: string): string | null {
  const [current = key] = namesOf(key);
  return current === key ? null : current;
}
