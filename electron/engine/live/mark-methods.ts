/** `mark.add`, `mark.rename`, `mark.remove` and `mark.restore`. */
import type { Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { MAX_MARK_LABEL, type Mark } from '../../../proto/live/topics.ts';
import type { LiveContext } from './context.ts';
import { readText, readUnixNano, type Fields } from './params.ts';

const MAX_ID = 100;

export function addMark({ marks }: LiveContext, params: Fields): Mark {
  const { label, timeUnixNano } = params;
  return marks.add({
    kind: 'manual',
    ...(label === undefined ? {} : { label: readText(params, 'label', MAX_MARK_LABEL) }),
    ...(timeUnixNano === undefined
      ? {}
      : { timeUnixNano: String(BigInt(readUnixNano(params, 'timeUnixNano'))) }),
  });
}

export function renameMark({ marks }: LiveContext, params: Fields): Mark {
  const label = readText(params, 'label', MAX_MARK_LABEL);
  if (label.trim() === '') {
    throw new LiveFailure({ code: 'badParams', message: 'Expected label not to be empty.' });
  }
  return marks.rename(readMarkId(params), label) ?? noMark();
}

export function removeMark(
  { marks }: LiveContext,
  params: Fields,
): Methods['mark.remove']['result'] {
  if (!marks.remove(readMarkId(params))) noMark();
  return {};
}

export function restoreMark({ marks }: LiveContext, params: Fields): Mark {
  return marks.restore(readMarkId(params)) ?? noMark();
}

function readMarkId(params: Fields): string {
  return readText(params, 'id', MAX_ID);
}

function noMark(): never {
  throw new LiveFailure({ code: 'notFound', message: 'There is no such mark any more.' });
}
