/** The text of results.md: the table of targets, the benches, and what stays from run to run. */
import { TARGETS } from './targets.mjs';

/** Sections that no bench writes: `npm run soak` and people do. */
const KEPT = ['Soak', 'What bounds the misses'];

/** A section from its heading to the next one; '' when there is none. */
export function sectionOf(text, title) {
  const start = `\n${text}`.indexOf(`\n## ${title}\n`);
  if (start < 0) return '';
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start, end < 0 ? undefined : end).trim();
}

/** Markdown lines: every target with the figure of this run, and whether it is met. */
export function targetLines(figures, soakSection) {
  const rows = TARGETS.map((target) => {
    const figure = figures[target.figure];
    const limit = target.atMost ?? target.atLeast;
    const bound = `${target.atMost === undefined ? '≥' : '≤'} ${target.show(limit)}`;
    if (!Number.isFinite(figure)) return [target.what, bound, 'not measured', ''];
    const isMet = target.atMost === undefined ? figure >= limit : figure <= limit;
    return [target.what, bound, target.show(figure), isMet ? 'met' : 'MISSED'];
  });
  rows.push(['Hours at 3 k spans/s', 'flat, no slower at the end', ...soakCells(soakSection)]);
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  return ['| what | target | measured | |', '|---|---|---|---|', ...lines];
}

/** What the soak's own verdicts say. */
function soakCells(section) {
  const minutes = /^(\d+) minutes/m.exec(section)?.[1];
  if (minutes === undefined) return ['not measured', ''];
  return [`${minutes} minutes, see Soak`, section.includes('| NO |') ? 'MISSED' : 'met'];
}

/**
 * The whole file. `reports` are the benches of this run, `before` is the file's text until now, of which
 * the kept sections stay.
 */
export function composeResults({ machine, reports, before }) {
  const figures = Object.assign({}, ...reports.map((report) => report.figures));
  const kept = KEPT.map((title) => [title, sectionOf(before, title)]);
  const [[, soak], [, bounds]] = kept;
  const parts = [
    '# Bench results',
    `Machine: ${machine}. Made by \`npm run bench\`. Fixed seeds; medians of the repetitions with their spread (lowest–highest). Absolute figures belong to this machine; the ratios within a run are what to compare.`,
    `## Targets\n\n${targetLines(figures, soak).join('\n')}`,
    bounds === '' ? '## What bounds the misses\n\nNot written yet.' : bounds,
    ...reports.map((report) => `## ${report.title}\n\n${report.lines.join('\n')}`),
    soak,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
