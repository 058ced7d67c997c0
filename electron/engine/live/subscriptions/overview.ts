/** The topics of the frame around all screens: status, sources and the receiver log. */
import type { RequestsMeta } from '../../../../proto/live/topics.ts';
import type { LiveContext } from '../context.ts';
import { readLimit } from '../params.ts';
import type { Built, OpenTopic, TopicSource } from '../topic.ts';

/** Numbers on the frame move at most twice a second. */
const INTERVAL_MS = 500;

export const openStatus: OpenTopic = (context) => ({
  triggers: ['traces', 'logs', 'metrics', 'profiles', 'requests', 'host'],
  intervalMs: INTERVAL_MS,
  update: () => undefined,
  build: () => {
    const meta = context.status();
    const isMoving = Object.values(meta.rates).some((rate) => rate > 0);
    return {
      frame: { kind: 'snapshot', meta, columns: {} },
      staleInMs: isMoving ? INTERVAL_MS : null,
    };
  },
  close: () => undefined,
});

export const openSources: OpenTopic = (context) => ({
  triggers: ['traces', 'logs', 'metrics', 'profiles'],
  intervalMs: INTERVAL_MS,
  update: () => undefined,
  build: () => {
    const meta = context.sources();
    const isMoving = meta.services.some(
      ({ spansPerSecond, logsPerSecond }) => spansPerSecond + logsPerSecond > 0,
    );
    return {
      frame: { kind: 'snapshot', meta, columns: {} },
      staleInMs: isMoving ? INTERVAL_MS : null,
    };
  },
  close: () => undefined,
});

export const openRequests: OpenTopic = (context, params) => new RequestsTopic(context, params);

/** Appends are deltas; a line that was folded into another makes a snapshot. */
class RequestsTopic implements TopicSource {
  readonly triggers = ['requests'] as const;
  readonly intervalMs = 250;
  readonly #context: LiveContext;
  #limit = 0;
  #sentOrdinal = 0;
  #sentFolds = -1;

  constructor(context: LiveContext, params: unknown) {
    this.#context = context;
    this.update(params);
  }

  update(params: unknown): void {
    this.#limit = readLimit(params);
  }

  build(isFresh: boolean): Built {
    const { requests } = this.#context;
    const isWhole = isFresh || requests.foldGeneration !== this.#sentFolds;
    const entries = requests.newest(this.#limit, isWhole ? 0 : this.#sentOrdinal);
    this.#sentOrdinal = requests.nextOrdinal;
    this.#sentFolds = requests.foldGeneration;
    if (!isWhole && entries.length === 0) return { frame: null };
    const meta: RequestsMeta = { entries };
    return { frame: { kind: isWhole ? 'snapshot' : 'delta', meta, columns: {} } };
  }

  close(): void {
    // Nothing is held.
  }
}
