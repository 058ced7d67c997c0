/** Frames in few characters; titles have the rest. */
import type { StackFrame } from '../../../base/stack-frames.ts';

/** The function with its class: package paths, namespaces and arguments are left out. */
export function shortFunction({ fn }: Pick<StackFrame, 'fn'>): string {
  if (fn === '') return '<anonymous>';
  // .NET prints arguments; Go's receiver `(*Store)` is part of the name.
  const bare =
    /^[^(]*\.?\w+\(.*\)$/.test(fn) && !/\(\*?\w+\)\./.test(fn) ? fn.replace(/\(.*$/, '') : fn;
  // The compiler of C# makes a class of an async method: Service.<PlaceAsync>d__4.MoveNext.
  const name = bare.replace(/\.<(\w+)>d__\d+(?:`\d+)?\.MoveNext$/, '.$1');
  const slash = name.lastIndexOf('/');
  const local = slash === -1 || name.includes(' ') ? name : name.slice(slash + 1);
  const separator = local.includes('::') ? '::' : local.includes('\\') ? '\\' : '.';
  const parts = local.split(separator);
  // Go writes the package before the receiver: orders.(*Store).Persist.
  const kept = parts.at(-2)?.startsWith('(') === true ? 3 : 2;
  return parts.length <= kept || local.includes(' ') ? local : parts.slice(-kept).join(separator);
}

/** A place in parts: the folder may be cut where room is short, the line never. */
export interface ShortPlace {
  /** With its slash; '' without one. */
  readonly folder: string;
  readonly name: string;
  /** `:88`; '' without a line. */
  readonly line: string;
}

/** File with its folder, and the line. */
export function shortPlace({ file, line }: Pick<StackFrame, 'file' | 'line'>): ShortPlace {
  const [name = '', folder = ''] = file.split(/[/\\]/).filter(Boolean).reverse();
  return {
    folder: folder === '' ? '' : `${folder}/`,
    name,
    line: line > 0 ? `:${String(line)}` : '',
  };
}
