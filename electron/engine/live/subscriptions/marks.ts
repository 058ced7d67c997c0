/** The `marks` topic: all of them, whenever one changes. */
import type { MarksMeta } from '../../../../proto/live/topics.ts';
import type { OpenTopic } from '../topic.ts';

/** Marks are dropped by hand or seldom: the wait only folds a burst of changes into one frame. */
const INTERVAL_MS = 50;

export const openMarks: OpenTopic = ({ marks }) => ({
  triggers: ['marks'],
  intervalMs: INTERVAL_MS,
  update: () => undefined,
  build: () => {
    const meta: MarksMeta = { marks: marks.all, dropped: marks.dropped };
    return { frame: { kind: 'snapshot', meta, columns: {} } };
  },
  close: () => undefined,
});
