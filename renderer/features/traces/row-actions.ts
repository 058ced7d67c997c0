/** What can be done with the rows of the screen: open, pin, mark, copy, export. */
import type { Session } from '../../session/session.svelte.ts';
import { formatItems } from '../../base/format.ts';
import { MAX_MARKED, parseMarked } from './list-params.ts';
import type { AnyRow } from './list-source.ts';
import type { ListState } from './list-state.svelte.ts';

/** Traces that are copied as JSON at once; beyond, a file is the better place. */
const MAX_COPIED = 100;

export class RowActions {
  readonly #session: Session;
  readonly #list: () => ListState;
  /** The row that Shift+click extends from. */
  #markedFrom = -1;

  constructor(session: Session, list: () => ListState) {
    this.#session = session;
    this.#list = list;
  }

  /** Trace ids of the marked rows. */
  get marked(): readonly string[] {
    return parseMarked(this.#session.route.listParam('sel'));
  }

  open(row: AnyRow): void {
    const { route } = this.#session;
    if (row.kind === 'trace') route.setList({ trace: row.traceId });
    else route.setList({ span: row.key });
    this.openTrace(row.traceId, row.kind === 'span' ? row.spanId : '');
  }

  /** Opens a trace, at one of its spans when `spanId` is not ''. */
  openTrace(traceId: string, spanId = ''): void {
    this.#session.route.go({
      screen: 'trace',
      id: traceId,
      params: spanId === '' ? {} : { span: spanId },
    });
  }

  /** Plain opens, Ctrl or Cmd marks one, Shift marks from the last one on. */
  click(row: AnyRow, index: number, event: MouseEvent): void {
    if (event.shiftKey && index >= 0) void this.#markTo(index);
    else if (event.ctrlKey || event.metaKey || event.shiftKey) this.toggle(row, index);
    else this.open(row);
  }

  /** Marks a row, or takes its mark away. */
  toggle({ traceId }: AnyRow, index: number): void {
    const { marked } = this;
    this.#markedFrom = index;
    this.#mark(
      marked.includes(traceId) ? marked.filter((id) => id !== traceId) : [...marked, traceId],
    );
  }

  async #markTo(index: number): Promise<void> {
    const list = this.#list();
    const from = this.#markedFrom >= 0 ? this.#markedFrom : Math.max(0, list.selectedRow);
    const first = Math.min(from, index);
    const rows = await list.rowsIn(first, Math.abs(index - from) + 1);
    this.#markedFrom = from;
    this.#mark([...this.marked, ...rows.map(({ traceId }) => traceId)]);
  }

  /** Marks what is listed, from the top, as far as marks go. */
  async markAll(): Promise<void> {
    const rows = await this.#list().rowsIn(0, MAX_MARKED);
    this.#mark(rows.map(({ traceId }) => traceId));
  }

  unmark(): void {
    this.#markedFrom = -1;
    this.#mark([]);
  }

  #mark(ids: readonly string[]): void {
    const unique = [...new Set(ids)];
    this.#session.route.setList({ sel: unique.slice(0, MAX_MARKED).join(',') });
    const key = 'marked';
    if (unique.length <= MAX_MARKED) this.#session.notices.dismiss(key);
    else {
      const text = `At most ${MAX_MARKED} traces can be marked. The first ${MAX_MARKED} are.`;
      this.#session.notices.show({ key, tone: 'warning', text });
    }
  }

  async pin(row: AnyRow): Promise<void> {
    if (row.kind === 'trace') await this.#pin([row.traceId], !row.isPinned);
    else await this.#pin([row.traceId], true);
  }

  async pinMarked(): Promise<void> {
    await this.#pin(this.marked, true);
  }

  async #pin(traceIds: readonly string[], pinned: boolean): Promise<void> {
    try {
      for (const traceId of traceIds) {
        await this.#session.request('trace.pin', { traceId, pinned });
      }
    } catch (error) {
      this.#tellFailure('pin', error);
    }
    this.#list().refresh();
  }

  async copyIds(ids: readonly string[]): Promise<void> {
    await this.#copy(ids.join('\n'), ids.length === 1 ? 'the id' : `${ids.length} ids`);
  }

  async copyLink(): Promise<void> {
    await this.#copy(location.href, 'the link');
  }

  /** Copies the marked traces as one OTLP JSON TracesData value. */
  async copyMarked(): Promise<void> {
    const ids = this.marked;
    if (ids.length > MAX_COPIED) {
      const text = `${ids.length} traces are too many for the clipboard. Export them, or mark at most ${MAX_COPIED}.`;
      this.#session.notices.show({ key: 'copy', tone: 'warning', text });
      return;
    }
    try {
      const resourceSpans: unknown[] = [];
      for (const traceId of ids) {
        const { json } = await this.#session.request('trace.json', { traceId });
        resourceSpans.push(...(JSON.parse(json) as { resourceSpans: unknown[] }).resourceSpans);
      }
      const text = JSON.stringify({ resourceSpans }, null, 2);
      await this.#copy(text, `${formatItems(ids.length, 'trace')} as OTLP JSON`);
    } catch (error) {
      this.#tellFailure('copy', error);
    }
  }

  async #copy(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#session.notices.show({ key: 'copy', tone: 'ok', text: `Copied ${what}.` });
    } catch (error) {
      this.#tellFailure('copy', error);
    }
  }

  #tellFailure(key: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#session.notices.show({ key, tone: 'error', text });
  }
}
