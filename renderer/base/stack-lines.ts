/** How each language prints the lines of a stack trace. */
import type { StackFrame, StackLanguage } from './stack-frames.ts';
import { isGoOwn, libraryOf } from './stack-libraries.ts';

/** What one line is. `extraLines` counts the lines after it that belong to the frame. */
export type ReadLine =
  | {
      readonly type: 'frame';
      readonly frame: StackFrame;
      readonly extraLines: number;
      /** The exception's header, where the language prints it behind the first frame. */
      readonly header?: string;
    }
  /** Another exception begins; `isEffect`: the one before it is its cause. */
  | {
      readonly type: 'chain';
      readonly relation: string;
      readonly header: string;
      readonly isEffect: boolean;
    }
  /** The inner exception is over; frames of the one around it follow. */
  | { readonly type: 'outer' }
  | { readonly type: 'text' }
  | { readonly type: 'skip' };

/** The form of one language. */
export interface LineReader {
  /** The innermost frame is printed last. */
  readonly isOutermostFirst?: boolean;
  /** `Type: message` stands under the frames. */
  readonly isHeaderLast?: boolean;
  /** Each place is printed with the function that it calls, so functions move down by one. */
  readonly namesCallee?: boolean;
  read(line: string, lines: readonly string[], at: number): ReadLine;
}

/** No frame is longer; what is goes unread, because patterns over megabytes take seconds. */
export const MAX_LINE = 2000;

const TEXT: ReadLine = { type: 'text' };
const SKIP: ReadLine = { type: 'skip' };

interface Parts {
  readonly fn?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: string | undefined;
  readonly column?: string | undefined;
  readonly source?: string;
}

function frameOf(language: StackLanguage, parts: Parts, extraLines = 0): ReadLine {
  const fn = parts.fn ?? '';
  const file = parts.file ?? '';
  const library = libraryOf(language, fn, file);
  return {
    type: 'frame',
    extraLines,
    frame: {
      fn,
      file,
      line: Number(parts.line ?? 0),
      column: Number(parts.column ?? 0),
      source: parts.source ?? '',
      isOwn: library === '',
      library,
    },
  };
}

const chain = (relation: string, header = '', isEffect = false): ReadLine => ({
  type: 'chain',
  relation,
  header,
  isEffect,
});

const NODE_FRAME = /^\s*at (?:(?:async )?(?<fn>.+?) \((?<place>.*)\)|(?:async )?(?<bare>\S.*))$/;
const NODE_PLACE = /^(?<file>.*?):(?<line>\d+)(?::(?<column>\d+))?$/;

const node: LineReader = {
  read(line) {
    const cause = /^\s*(?:\[cause\]|\[errors\]): (.*?)(?: \{)?$/.exec(line);
    if (cause !== null) return chain('caused by', cause[1]);
    if (/^\s*[}\]],?$/.test(line)) return SKIP;
    // Firefox and Safari: fn@file:line:column
    const other = /^(?<fn>[^\s@]*)@(?<file>\S+?):(?<line>\d+):(?<column>\d+)$/.exec(line);
    if (other?.groups !== undefined) return frameOf('nodejs', other.groups);
    const found = NODE_FRAME.exec(line.replace(/ \{$/, ''))?.groups;
    if (found === undefined) return TEXT;
    const place = found['place'] ?? found['bare'] ?? '';
    const parts = NODE_PLACE.exec(place)?.groups;
    if (parts === undefined) {
      return found['fn'] === undefined ? TEXT : frameOf('nodejs', { fn: found['fn'], file: place });
    }
    return frameOf('nodejs', { fn: found['fn'], ...parts });
  },
};

const PYTHON_RELATIONS: readonly (readonly [RegExp, string])[] = [
  [/^The above exception was the direct cause of/, 'caused by'],
  [/^During handling of the above exception/, 'while handling'],
];

const python: LineReader = {
  isOutermostFirst: true,
  isHeaderLast: true,
  read(line, lines, at) {
    for (const [pattern, relation] of PYTHON_RELATIONS) {
      if (pattern.test(line)) return chain(relation, '', true);
    }
    if (/^\s*(\+ )?(Exception Group )?Traceback \(most recent call last\)/.test(line)) return SKIP;
    const found = /^\s*(?:\| *)?File "(?<file>.+?)", line (?<line>\d+)(?:, in (?<fn>.+))?$/.exec(
      line,
    );
    if (found?.groups === undefined) return TEXT;
    const indent = /^\s*/.exec(line)?.[0].length ?? 0;
    let extraLines = 0;
    let source = '';
    // The source line, and from 3.11 on a line of ^^^^ under it.
    while (extraLines < 3) {
      const next = lines[at + 1 + extraLines] ?? '';
      if (next.trim() === '' || (/^\s*/.exec(next)?.[0].length ?? 0) <= indent) break;
      if (source === '' && !/^[\s^~]+$/.test(next)) source = next.trim();
      extraLines++;
    }
    return frameOf('python', { ...found.groups, source }, extraLines);
  },
};

const java: LineReader = {
  read(line) {
    const cause = /^\s*(Caused by|Suppressed): (.*)$/.exec(line);
    if (cause !== null)
      return chain(cause[1] === 'Suppressed' ? 'suppressed' : 'caused by', cause[2]);
    const found = /^\s*at (?:[\w.$@-]+\/+)*(?<fn>[\p{L}\w.$<>/-]+)\((?<place>[^)]*)\)/u.exec(
      line,
    )?.groups;
    if (found === undefined) return TEXT;
    const [file = '', number] = (found['place'] ?? '').split(':');
    if (file.endsWith('.php')) return TEXT;
    const isFile = file !== 'Native Method' && file !== 'Unknown Source';
    return frameOf('java', { fn: found['fn'], file: isFile ? file : '', line: number });
  },
};

const dotnet: LineReader = {
  read(line) {
    const cause = /^\s*--->\s*(?:\(Inner Exception #\d+\) )?(.*)$/.exec(line);
    if (cause !== null) return chain('caused by', (cause[1] ?? '').replace(/<---$/, ''));
    if (/^\s*--- End of inner exception/.test(line)) return { type: 'outer' };
    if (/^\s*--- End of stack trace/.test(line)) return SKIP;
    const found =
      /^\s*at (?<fn>.+?\))(?: in (?<file>.+?):line (?<line>\d+))?$/.exec(line)?.groups ??
      /^\s*at (?<fn>[\w.`<>[\],+|]+)$/.exec(line)?.groups;
    return found === undefined ? TEXT : frameOf('dotnet', found);
  },
};

const go: LineReader = {
  read(line, lines, at) {
    if (/^goroutine \d+ \[/.test(line)) return SKIP;
    const found =
      /^(?:created by )?(?<fn>[\w./~\-%]+(?:\.\(\*?[\w[\].…]+\))?[\w.…[\]()*-]*?)(?:\([^()]*\)| in goroutine \d+)?$/.exec(
        line,
      );
    const place = /^\s+(?<file>\S.*?\.(?:go|s|cgo)):(?<line>\d+)(?: \+0x[\da-f]+)?$/.exec(
      lines[at + 1] ?? '',
    );
    if (found?.groups === undefined || place?.groups === undefined) return TEXT;
    const { fn } = found.groups;
    // The frames above the panic belong to the runtime, also where the path says nothing.
    return isGoOwn(fn ?? '')
      ? frameOf('go', { fn, ...place.groups }, 1)
      : frameOf('go', { fn: `runtime/${fn ?? ''}`, ...place.groups }, 1);
  },
};

const ruby: LineReader = {
  read(line) {
    const found =
      /^(?:\s*from )?\s*(?<file>[^\s:][^:]*|<[^>]+>):(?<line>\d+)(?::in [`'](?<fn>.+?)')?(?:: (?<message>.+))?$/.exec(
        line,
      );
    if (found?.groups === undefined) return TEXT;
    const read = frameOf('ruby', found.groups);
    const message = found.groups['message'];
    return read.type === 'frame' && message !== undefined ? { ...read, header: message } : read;
  },
};

const php: LineReader = {
  namesCallee: true,
  read(line) {
    const next = /^Next (.*)$/.exec(line);
    if (next !== null) return chain('caused by', next[1], true);
    const cause = /^\s*Caused by: (.*)$/.exec(line);
    if (cause !== null) return chain('caused by', cause[1]);
    if (/^Stack trace:|^#\d+ \{main\}|^\s*thrown in /.test(line)) return SKIP;
    const found =
      /^#\d+ (?<file>[^(]+)\((?<line>\d+)\): (?<fn>[^(]+)/.exec(line)?.groups ??
      /^#\d+ \[internal function\]: (?<fn>[^(]+)/.exec(line)?.groups ??
      /^\s*at (?<fn>[^(]+)\((?<file>[^():]*\.php):(?<line>\d+)\)$/.exec(line)?.groups;
    return found === undefined ? TEXT : frameOf('php', found);
  },
};

/** Frames of PHP with each function beside the place it runs at; the header names where it threw. */
export function besideCallees(header: string, frames: readonly StackFrame[]): StackFrame[] {
  const thrown = / in (?<file>\S+?):(?<line>\d+)$/.exec(header)?.groups;
  if (thrown === undefined) return [...frames];
  const places = [{ file: thrown['file'] ?? '', line: Number(thrown['line']) }, ...frames];
  return places.map(({ file, line }, at) => {
    const fn = frames[at]?.fn ?? '{main}';
    const library = libraryOf('php', fn, file);
    return { fn, file, line, column: 0, source: '', isOwn: library === '', library };
  });
}

const rust: LineReader = {
  read(line, lines, at) {
    if (/^\s*stack backtrace:/.test(line)) return SKIP;
    const cause = /^\s*Caused by:\s*(.*)$/.exec(line);
    if (cause !== null) return chain('caused by', cause[1]);
    const found = /^\s*\d+:\s+(?:0x[\da-f]+ - )?(?<fn>.+?)(?:::h[\da-f]{16})?$/.exec(line);
    if (found?.groups === undefined) return TEXT;
    const place = /^\s+at (?<file>.+?):(?<line>\d+)(?::(?<column>\d+))?$/.exec(lines[at + 1] ?? '');
    return frameOf('rust', { fn: found.groups['fn'], ...place?.groups }, place === null ? 0 : 1);
  },
};

const READERS: Readonly<Record<StackLanguage, LineReader>> = {
  nodejs: node,
  python,
  java,
  dotnet,
  go,
  ruby,
  php,
  rust,
};

/** Languages of SDKs that print like another one. */
const ALIASES: Readonly<Record<string, StackLanguage>> = {
  webjs: 'nodejs',
  kotlin: 'java',
  scala: 'java',
  csharp: 'dotnet',
};

/** The reader for a trace: the language that was named if it reads any line, else the best one. */
export function lineReaderOf(lines: readonly string[], language: string): LineReader {
  const named = Object.hasOwn(READERS, language)
    ? (language as StackLanguage)
    : Object.hasOwn(ALIASES, language)
      ? ALIASES[language]
      : undefined;
  const counted = Object.entries(READERS).map(([name, reader]) => ({
    reader,
    count: frameCount(lines, reader) + (name === named ? 0.5 : 0),
  }));
  // Java and .NET both say `at a.b(c)`: those with a line number count double.
  const best = counted.reduce((a, b) => (b.count > a.count ? b : a));
  const own = named === undefined ? undefined : READERS[named];
  return own !== undefined && frameCount(lines, own) > 0 ? own : best.reader;
}

function frameCount(lines: readonly string[], reader: LineReader): number {
  let count = 0;
  for (let at = 0; at < Math.min(lines.length, 60); at++) {
    const line = lines[at] ?? '';
    if (line.length > MAX_LINE) continue;
    const read = reader.read(line, lines, at);
    if (read.type !== 'frame') continue;
    count += read.frame.line > 0 ? 2 : 1;
    at += read.extraLines;
  }
  return count;
}
