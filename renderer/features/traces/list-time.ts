/** Takes the list of traces or spans to a time: the first item after it is selected, in the middle. */
import { tick } from 'svelte';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { Session } from '../../session/session.svelte.ts';
import type { ListQuestion } from './list-source.ts';
import type { ListState } from './list-state.svelte.ts';

/** The list is in the order of time. `reveal` brings a row into view. */
export async function goToTime(
  session: Session,
  list: ListState,
  { filter, brush }: ListQuestion,
  timeUnixNano: string,
  reveal: (row: number) => void,
): Promise<void> {
  // Rows that come in meanwhile would move the place.
  list.isScrolled = true;
  await tick();
  const anchor = list.meta?.newestOrdinal ?? null;
  try {
    const params = { by: list.scope, filter, brush, anchor, timeUnixNano };
    const { above } = await session.request('list.at', params);
    const row = Math.max(0, above - 1);
    reveal(row);
    const [item] = await list.rowsIn(row, 1);
    if (item === undefined) list.isScrolled = false;
    else list.choose(item, row);
  } catch (error) {
    list.isScrolled = false;
    if (!(error instanceof LiveFailure)) throw error;
    session.notices.show({ key: 'marks', tone: 'error', text: error.message });
  }
}
