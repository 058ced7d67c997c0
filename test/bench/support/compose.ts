/** The text of results.md: the table of targets, the benches, and what stays from run to run. */
import type { BenchReport } from './stats.ts';
import { TARGETS, type Target } from './targets.ts';

/** A bench's report under its title. */
export interface TitledReport extends BenchReport {
  readonly title: string;
}

export interface Results {
  readonly machine: string;
  readonly reports: readonly TitledReport[];
  /** The file until now, of which the sections stay that no bench writes. */
  readonly before: string;
}

const SOAK = 'Soak';
const BOUNDS = 'What bounds the misses';

/** The whole file. */
export function composeResults({ machine, reports, before }: Results): string {
  const figures = Object.assign({}, ...reports.map((report) => report.figures)) as Figures;
  const soak = sectionOf(before, SOAK);
  const bounds = sectionOf(before, BOUNDS);
  const parts = [
    '# Bench results',
    `Machine: ${machine}. Made by \`npm run bench\`. Fixed seeds; medians of the repetitions with their spread (lowest–highest). Absolute figures belong to this machine; the ratios within a run are what to compare.`,
    `## Targets\n\n${targetLines(figures, soak).join('\n')}`,
    bounds === '' ? `## ${BOUNDS}\n\nNothing is written here yet.` : bounds,
    ...reports.map(({ title, lines }) => `## ${title}\n\n${lines.join('\n')}`),
    soak,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

type Figures = Readonly<Record<string, number | undefined>>;

/** A section from its heading to the next one, trimmed; '' when there is none. */
function sectionOf(text: string, title: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(`## ${title}`);
  if (start < 0) return '';
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  return lines
    .slice(start, end < 0 ? undefined : end)
    .join('\n')
    .trim();
}

function targetLines(figures: Figures, soak: string): string[] {
  const rows = [
    ...TARGETS.map((target) => targetCells(target, figures[target.figure])),
    soakCells(soak),
  ];
  return [
    '| what | target | measured | |',
    '| --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ];
}

function targetCells({ what, bound, limit, show }: Target, figure: number | undefined): string[] {
  const target = `${bound === 'at most' ? '≤' : '≥'} ${show(limit)}`;
  if (figure === undefined) return [what, target, 'not measured', ''];
  const isMet = bound === 'at most' ? figure <= limit : figure >= limit;
  return [what, target, show(figure), isMet ? 'met' : '**missed**'];
}

/** What the soak's own verdicts say. */
function soakCells(section: string): string[] {
  const target = ['Eight hours at 3 k spans/s', 'flat memory, no slower at the end'];
  const minutes = /^(\d+) minutes/m.exec(section)?.[1];
  if (minutes === undefined) return [...target, 'not measured', ''];
  const isMet = !section.includes('| NO |');
  return [...target, `${minutes} minutes, see Soak`, isMet ? 'held' : '**missed**'];
}
