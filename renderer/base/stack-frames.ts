/**
 * Stack traces as SDKs record them in `exception.stacktrace`, read into frames. A trace is a chain of
 * exceptions, the one that was recorded first, each with its frames, innermost first, whatever order
 * the language prints. Lines that no form knows are kept as notes, so nothing that was sent is lost.
 */
import { besideCallees, lineReaderOf, MAX_LINE, type LineReader } from './stack-lines.ts';

/** One frame. Missing parts are '' and 0. */
export interface StackFrame {
  /** Function with its class or module, as the language writes it. */
  readonly fn: string;
  /** File as it was sent: a path, a URL or a bare file name. */
  readonly file: string;
  /** From 1; 0 when it was not sent. */
  readonly line: number;
  readonly column: number;
  /** The line of source that the language printed; '' without one. */
  readonly source: string;
  /** False for frames of a library, a runtime or generated code. */
  readonly isOwn: boolean;
  /** What a library frame belongs to: a package, a namespace or the runtime. */
  readonly library: string;
}

/** One exception of the chain. */
export interface StackSection {
  /** `Type: message` as the language prints it; '' when the trace starts with a frame. */
  readonly header: string;
  /** How it came to the one before: thrown, caused by, and so on. '' for the first. */
  readonly relation: string;
  readonly frames: readonly StackFrame[];
  /** Lines between the frames that are none, such as `... 12 more`. */
  readonly notes: readonly string[];
}

/** Languages whose stack traces are known, in the words of `telemetry.sdk.language`. */
export type StackLanguage =
  'nodejs' | 'python' | 'java' | 'dotnet' | 'go' | 'ruby' | 'php' | 'rust';

/** More frames than these say nothing: an endless recursion prints thousands. */
const MAX_FRAMES = 1000;

interface OpenSection {
  header: string;
  relation: string;
  frames: StackFrame[];
  notes: string[];
}

/**
 * Reads a stack trace. `language` is what the resource says (`telemetry.sdk.language`); '' and wrong
 * ones are settled by what most lines look like. Empty text gives no sections.
 */
export function parseStackTrace(text: string, language = ''): StackSection[] {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  if (lines.every((line) => line === '')) return [];
  const reader = lineReaderOf(lines, language);
  const sections = readSections(lines, reader);
  return sections.map((section) => ({ ...section, frames: framesInOrder(section, reader) }));
}

function framesInOrder(
  { header, frames }: StackSection,
  reader: LineReader,
): readonly StackFrame[] {
  if (reader.namesCallee === true) return besideCallees(header, frames);
  return reader.isOutermostFirst === true ? frames.toReversed() : frames;
}

function readSections(lines: readonly string[], reader: LineReader): OpenSection[] {
  const sections: OpenSection[] = [];
  /** Exceptions whose frames may still follow, the innermost last. */
  const open: OpenSection[] = [];
  let isCauseFirst = false;
  const begin = (relation: string, header: string): void => {
    const section = { header, relation, frames: [], notes: [] };
    sections.push(section);
    open.push(section);
  };
  const current = (): OpenSection => {
    if (open.length === 0) begin('', '');
    return open.at(-1) as OpenSection; // One is open by now.
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const read =
      line.length > MAX_LINE ? ({ type: 'text' } as const) : reader.read(line, lines, at);
    switch (read.type) {
      case 'frame': {
        const section = current();
        if (read.header !== undefined && section.header === '') section.header = read.header;
        if (section.frames.length < MAX_FRAMES) section.frames.push(read.frame);
        at += read.extraLines;
        break;
      }
      case 'chain':
        if (read.isEffect) isCauseFirst = true;
        begin(read.relation, read.header);
        break;
      case 'outer':
        if (open.length > 1) open.pop();
        break;
      case 'text':
        addText(current(), line, reader);
        break;
      case 'skip':
        break;
    }
  }
  const inOrder = isCauseFirst ? causesBehind(sections) : sections;
  return inOrder.filter(
    ({ header, frames, notes }) => header !== '' || frames.length > 0 || notes.length > 0,
  );
}

/** Text before the frames is the header, which may take several lines; after them it is a note. */
function addText(section: OpenSection, line: string, reader: LineReader): void {
  if (reader.isHeaderLast) {
    // Every exception ends with its own header; what follows belongs to it too.
    section.header += (section.header === '' ? '' : '\n') + line.trim();
  } else if (section.frames.length === 0) {
    section.header += (section.header === '' ? '' : '\n') + line.trim();
  } else {
    section.notes.push(line.trim());
  }
}

/** Python and PHP print the first cause on top; the recorded exception is the last one. */
function causesBehind(sections: readonly OpenSection[]): OpenSection[] {
  return sections.toReversed().map((section, at) => ({
    ...section,
    // The words stand in front of the effect; they describe the cause that follows it here.
    relation: at === 0 ? '' : (sections[sections.length - at]?.relation ?? ''),
  }));
}

/** Own frames, then runs of library frames folded to one line with what they belong to. */
export type FrameGroup =
  | { readonly type: 'own'; readonly frame: StackFrame }
  | { readonly type: 'library'; readonly frames: readonly StackFrame[]; readonly names: string };

/**
 * Frames as the panel lists them: own frames first, in order, then all library frames in one fold.
 * Without an own frame the innermost library frame stands in for it.
 */
export function groupFrames(frames: readonly StackFrame[]): FrameGroup[] {
  const own = frames.filter((frame) => frame.isOwn);
  const shown = own.length > 0 ? own : frames.slice(0, 1);
  const rest = frames.filter((frame) => !shown.includes(frame));
  const groups: FrameGroup[] = shown.map((frame) => ({ type: 'own', frame }));
  if (rest.length > 0) {
    const names = [...new Set(rest.map(({ library }) => library).filter(Boolean))];
    const listed = names.slice(0, 4).join(', ') + (names.length > 4 ? ', …' : '');
    groups.push({ type: 'library', frames: rest, names: listed });
  }
  return groups;
}

/** The frame that `O` opens: the innermost own one with a file; undefined when there is none. */
export function topOwnFrame(sections: readonly StackSection[]): StackFrame | undefined {
  for (const { frames } of sections) {
    const found = frames.find((frame) => frame.isOwn && frame.file !== '');
    if (found !== undefined) return found;
  }
  return undefined;
}
