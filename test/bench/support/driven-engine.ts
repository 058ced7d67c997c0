/**
 * An engine in this process with a clock that can skip waits, and a client: what a page asks for is
 * timed through the engine's own door.
 */
import { Engine } from '../../../electron/engine/engine.ts';
import type { Clock, Scheduler } from '../../../electron/engine/config.ts';
import { RE2 } from '../../../electron/node/host/regex.ts';
import type { LiveClient, TopicFrame } from '../../../proto/live/client.ts';
import type { MethodName, Methods } from '../../../proto/live/methods.ts';
import { NO_FILTER, type TopicName, type Topics } from '../../../proto/live/topics.ts';
import { connectClient, settle } from '../../support/live-engine.ts';

interface Timer {
  readonly atMs: number;
  readonly task: () => void;
}

/** Real time, plus what was skipped. Nothing runs by itself: `drain` does what was put off. */
class DrivenTime implements Clock, Scheduler {
  longestTaskMs = 0;
  #skippedMs = 0;
  #timers = new Set<Timer>();
  #soon: (() => void)[] = [];

  nowMs(): number {
    return Date.now() + this.#skippedMs;
  }

  ticksMs(): number {
    return performance.now() + this.#skippedMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.ticksMs() + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  /** Runs sliced work to its end. */
  drain(): void {
    for (let tasks = this.#soon; tasks.length > 0; tasks = this.#soon) {
      this.#soon = [];
      for (const task of tasks) {
        const started = performance.now();
        task();
        this.longestTaskMs = Math.max(this.longestTaskMs, performance.now() - started);
      }
    }
  }

  /** Runs the timers that are due after a wait of this length. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.ticksMs() || !this.#timers.delete(timer)) continue;
      timer.task();
    }
  }
}

/** Longer than any topic but merges waits between two frames. */
const SKIP_MS = 1000;
/** Rounds of waits after which something does not come. */
const MAX_ROUNDS = 100;

export class DrivenEngine {
  readonly engine: Engine;
  readonly #time = new DrivenTime();
  readonly #client: LiveClient;

  constructor(memoryBytes: number) {
    this.engine = new Engine({
      memoryBytes,
      clock: this.#time,
      scheduler: this.#time,
      engineId: 'bench',
      version: '0.0.0',
      regex: RE2,
    });
    this.#client = connectClient(this.engine);
  }

  /** Takes a protobuf request of traces whole, or throws. */
  ingest(body: Uint8Array): void {
    const result = this.engine.ingest('traces', [body], body.byteLength, 'protobuf');
    if (!result.ok || result.accepted !== result.received) throw new Error(JSON.stringify(result));
  }

  /** ms from the request to the decoded frame, and the frame. */
  async open<T extends TopicName>(
    topic: T,
    params: Topics[T]['params'],
  ): Promise<{ ms: number; frame: TopicFrame<T> }> {
    const started = performance.now();
    let ms = 0;
    let first: TopicFrame<T> | undefined;
    const frame = (made: TopicFrame<T>): void => {
      if (first === undefined) ms = performance.now() - started;
      first ??= made;
    };
    const subscription = this.#client.subscribe(topic, params, { frame });
    await settle();
    subscription.close();
    await settle();
    if (first === undefined) throw new Error(`${topic} answered nothing`);
    return { ms, frame: first };
  }

  /**
   * CPU time of the process, ms, until a merged picture of the topic is decoded: the first one, and the
   * one after `change` brought something new; and the longest slice of either.
   */
  async merge<T extends 'flame' | 'flameDiff'>(
    topic: T,
    params: Topics[T]['params'],
    change: () => void,
  ): Promise<{ firstMs: number; updateMs: number; longestSliceMs: number }> {
    let merges = 0;
    this.#time.longestTaskMs = 0;
    const until = async (wanted: number): Promise<number> => {
      const before = process.cpuUsage();
      for (let round = 0; merges < wanted && round < MAX_ROUNDS; round++) {
        this.#time.drain();
        await settle();
        if (merges < wanted) this.#time.skip(SKIP_MS);
        await settle();
      }
      if (merges < wanted) throw new Error(`${topic} was not merged`);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    let mergedAtMs = 0;
    const subscription = this.#client.subscribe(topic, params, {
      frame: ({ meta }) => {
        if (!meta.merged || meta.mergedAtMs === mergedAtMs) return;
        mergedAtMs = meta.mergedAtMs;
        merges++;
      },
    });
    const firstMs = await until(1);
    change();
    const updateMs = await until(2);
    subscription.close();
    await settle();
    return { firstMs, updateMs, longestSliceMs: this.#time.longestTaskMs };
  }

  /** CPU time of the process, ms, of one request of a method, and the longest slice of it. */
  async ask<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<{ ms: number; longestSliceMs: number }> {
    this.#time.longestTaskMs = 0;
    const before = process.cpuUsage();
    let isDone = false;
    const answer = this.#client.request(method, params).then(() => (isDone = true));
    for (let round = 0; !isDone && round < MAX_ROUNDS; round++) {
      await settle();
      this.#time.drain();
    }
    await answer;
    const { user, system } = process.cpuUsage(before);
    return { ms: (user + system) / 1000, longestSliceMs: this.#time.longestTaskMs };
  }

  /** ms to open a window of the trace list, 60 rows from `first` on. */
  async openList(first: number): Promise<number> {
    return (await this.open('traces', { filter: NO_FILTER, anchor: null, first, count: 60 })).ms;
  }

  /** Searches all traces for a text: ms until every one was looked at, and how many match. */
  async search(text: string): Promise<{ ms: number; matched: number; longestSliceMs: number }> {
    let matched = 0;
    const filter = { ...NO_FILTER, text };
    this.#time.longestTaskMs = 0;
    const started = performance.now();
    const subscription = this.#client.subscribe(
      'traces',
      { filter, anchor: null, first: 0, count: 60 },
      { frame: ({ meta }) => (matched = meta.matched) },
    );
    await settle();
    this.#time.drain();
    const ms = performance.now() - started;
    const longestSliceMs = this.#time.longestTaskMs;
    // The last frame comes at the topic's pace, which is no work.
    this.#time.skip(SKIP_MS);
    await settle();
    subscription.close();
    await settle();
    return { ms, matched, longestSliceMs };
  }

  close(): void {
    this.engine.close();
  }
}
