/**
 * The page's session with the engine: one connection that comes back by itself, the state that every
 * screen shares (status, services, pause, notices), and subscriptions that outlive reconnects.
 *
 * A screen asks for data with `live` and `request`, never with a client of its own: clients die with
 * their channel, the session makes the next one and subscribes everything again.
 */
import type { FrameLoop } from '../base/raf.ts';
import { ServiceColours } from '../base/service-colour.ts';
import {
  LiveClient,
  type LiveSubscription,
  type SubscriptionHandlers,
} from '../../proto/live/client.ts';
import type { MethodName, Methods } from '../../proto/live/methods.ts';
import { LiveFailure, type LiveError } from '../../proto/live/protocol.ts';
import type {
  Filter,
  SourceService,
  StatusMeta,
  TopicName,
  Topics,
} from '../../proto/live/topics.ts';
import { Editor } from './editor.svelte.ts';
import { HostRefusal, type HostBridge } from './host.ts';
import { Keys } from './keys.ts';
import { Notices } from './notices.svelte.ts';
import { describeRestart } from './restart-text.ts';
import { Route } from './route.svelte.ts';
import { Theme } from './theme.svelte.ts';

/**
 * `connecting` until the first welcome, `silent` while the engine is connected but does not answer,
 * `reconnecting` after a loss, `refused` when the page has no valid token, `closed` once the session
 * was closed on purpose.
 */
export type ConnectionState =
  'connecting' | 'open' | 'silent' | 'reconnecting' | 'refused' | 'closed';

/** What a session is given. `after` runs a task later and returns what cancels it. */
export interface SessionOptions {
  /** The product version, told to the engine. */
  readonly version: string;
  readonly host: HostBridge;
  readonly frames: FrameLoop;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 3000;

interface LiveEntry {
  subscribe(client: LiveClient): void;
  forget(): void;
}

export class Session {
  readonly host: HostBridge;
  readonly route = new Route();
  readonly keys = new Keys();
  readonly theme: Theme;
  readonly editor: Editor;
  readonly notices = new Notices();
  readonly colours = new ServiceColours();

  readonly #version: string;
  readonly #frames: FrameLoop;
  readonly #after: SessionOptions['after'];
  readonly #entries = new Set<LiveEntry>();
  readonly #kept = new Map<string, unknown>();
  readonly #resetHandlers = new Set<() => void>();
  /** The client that was welcomed. */
  #client: LiveClient | undefined;
  /** The client of the newest connection, welcomed or not. */
  #newest: LiveClient | undefined;
  #isWatched = true;
  #cancelRetry: (() => void) | undefined;
  #retryMs = FIRST_RETRY_MS;
  #engineId: string | undefined;
  #isConnecting = false;
  /** When another engine answered, until its first status tells what it holds. */
  #restartedMs: number | undefined;

  #connection = $state<ConnectionState>('connecting');
  #status = $state.raw<StatusMeta | undefined>(undefined);
  #services = $state.raw<readonly SourceService[]>([]);
  #pausedAt = $state<number | undefined>(undefined);

  constructor(options: SessionOptions) {
    this.host = options.host;
    this.#version = options.version;
    this.#frames = options.frames;
    this.#after = options.after;
    this.theme = new Theme(options.host);
    this.editor = new Editor(options.host);
    this.live(
      'status',
      {},
      {
        frame: ({ meta }) => {
          this.#status = meta;
          this.#tellRestart(meta);
        },
      },
    );
    this.live(
      'sources',
      {},
      {
        frame: ({ meta }) => {
          const inOrder = [...meta.services].sort((a, b) => a.index - b.index);
          this.colours.assign(inOrder.map((service) => service.name));
          this.#services = inOrder;
        },
      },
    );
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  /** The latest status; undefined until the first one arrives. Kept while reconnecting. */
  get status(): StatusMeta | undefined {
    return this.#status;
  }

  /** Services in first-seen order. */
  get services(): readonly SourceService[] {
    return this.#services;
  }

  /** True while the person holds the view. The receiver goes on. */
  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** Spans and log records that were received since the pause began; 0 when not paused. */
  get newSincePause(): number {
    return this.#pausedAt === undefined ? 0 : Math.max(0, this.#received() - this.#pausedAt);
  }

  togglePause(): void {
    this.#pausedAt = this.#pausedAt === undefined ? this.#received() : undefined;
  }

  /** The filter of a screen: its own text, and the services chosen in the side for every screen. */
  filter(text: string): Filter {
    const { services, notServices } = this.route;
    return { text, services, notServices };
  }

  /**
   * Subscribes for as long as the handle is open, over any number of connections. The first frame of
   * every connection is a snapshot. `ended` tells only what the engine refused, not lost connections.
   */
  live<T extends TopicName>(
    topic: T,
    params: Topics[T]['params'],
    handlers: SubscriptionHandlers<T>,
  ): LiveSubscription<T> {
    let current: LiveSubscription<T> | undefined;
    let latest = params;
    const entry: LiveEntry = {
      subscribe: (client) => {
        current = client.subscribe(topic, latest, {
          frame: (frame) => {
            handlers.frame(frame);
          },
          ended: (error) => {
            current = undefined;
            if (error.code !== 'disconnected') handlers.ended?.(error);
          },
        });
      },
      forget: () => {
        current = undefined;
      },
    };
    this.#entries.add(entry);
    if (this.#client !== undefined) entry.subscribe(this.#client);
    return {
      update: (next) => {
        latest = next;
        if (current !== undefined) current.update(next);
        else if (this.#client !== undefined && this.#entries.has(entry)) {
          entry.subscribe(this.#client);
        }
      },
      close: () => {
        this.#entries.delete(entry);
        current?.close();
        current = undefined;
      },
    };
  }

  /** One question to the engine or its host. Rejects with LiveFailure, also while disconnected. */
  request<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    signal?: AbortSignal,
  ): Promise<Methods[M]['result']> {
    if (this.#client === undefined) return Promise.reject(new LiveFailure(NOT_CONNECTED));
    return this.#client.request(method, params, signal);
  }

  /** Takes everything out of memory. Ordinals start anew, so screens drop what they hold. */
  async clear(): Promise<void> {
    await this.request('clear', { signal: 'all' });
    this.#reset();
  }

  /** Calls back when row numbers and ordinals of before mean nothing any more. */
  onReset(handler: () => void): () => void {
    this.#resetHandlers.add(handler);
    return () => {
      this.#resetHandlers.delete(handler);
    };
  }

  /**
   * State of a screen that outlives its component, so that switching screens is free. `create` runs
   * once for each key.
   */
  keep<T>(key: string, create: () => T): T {
    if (!this.#kept.has(key)) this.#kept.set(key, create());
    return this.#kept.get(key) as T; // Each key is used by one screen, with one type.
  }

  /** Connects, and keeps the connection up until `close`. */
  open(): void {
    void this.#connect();
  }

  /**
   * Whether a person can see the page. While nobody does, the engine is not asked whether it is
   * there; with the first look it is.
   */
  setWatched(isWatched: boolean): void {
    this.#isWatched = isWatched;
    this.#newest?.watch(isWatched);
  }

  /** Tries again now instead of after the delay. A silent engine is waited for: it is connected. */
  retryNow(): void {
    const { connection } = this;
    if (connection === 'open' || connection === 'silent' || connection === 'closed') return;
    this.#cancelRetry?.();
    void this.#connect();
  }

  close(): void {
    this.#connection = 'closed';
    this.#cancelRetry?.();
    this.#client?.close();
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    this.#cancelRetry = undefined;
    try {
      const channel = await this.host.connect();
      const client = new LiveClient(channel, {
        name: `page ${this.#version}`,
        whenReady: (grant) => {
          this.#frames.next(grant);
        },
        heartbeat: {
          after: this.#after,
          onSilence: (isSilent) => {
            this.#onSilence(isSilent);
          },
        },
      });
      this.#newest = client;
      client.watch(this.#isWatched);
      client.onClose(() => {
        this.#onLost(client);
      });
      const welcome = await client.welcome;
      if (this.#connection === 'closed') client.close();
      else this.#onWelcome(client, welcome.engineId);
    } catch (error) {
      this.#onFailed(error);
    } finally {
      this.#isConnecting = false;
    }
  }

  #onWelcome(client: LiveClient, engineId: string): void {
    const isRestarted = this.#engineId !== undefined && this.#engineId !== engineId;
    this.#engineId = engineId;
    this.#client = client;
    this.#retryMs = FIRST_RETRY_MS;
    this.#connection = 'open';
    if (isRestarted) {
      this.#restartedMs = Date.now();
      this.#reset();
    }
    for (const entry of this.#entries) entry.subscribe(client);
  }

  #onSilence(isSilent: boolean): void {
    if (this.#connection === 'closed') return;
    if (isSilent) this.#connection = 'silent';
    else if (this.#connection === 'silent') {
      this.#connection = this.#client === undefined ? 'connecting' : 'open';
    }
  }

  #tellRestart({ journal }: StatusMeta): void {
    if (this.#restartedMs === undefined) return;
    const text = describeRestart(this.#restartedMs, journal);
    this.notices.show({ key: 'restarted', tone: 'warning', text });
    this.#restartedMs = undefined;
  }

  #onLost(client: LiveClient): void {
    if (this.#client !== client) return; // Lost before the welcome: `#connect` sees that itself.
    this.#client = undefined;
    for (const entry of this.#entries) entry.forget();
    if (this.#connection === 'closed') return;
    this.#connection = 'reconnecting';
    this.#retryLater();
  }

  #onFailed(error: unknown): void {
    if (this.#connection === 'closed') return;
    if (error instanceof HostRefusal) {
      this.#connection = 'refused';
      return;
    }
    this.#connection = 'reconnecting';
    this.#retryLater();
  }

  #retryLater(): void {
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(LAST_RETRY_MS, delayMs * 2);
    this.#cancelRetry = this.#after(delayMs, () => {
      void this.#connect();
    });
  }

  #reset(): void {
    this.#pausedAt = undefined;
    for (const handler of this.#resetHandlers) handler();
  }

  #received(): number {
    const signals = this.#status?.signals;
    return signals === undefined ? 0 : signals.spans.received + signals.logRecords.received;
  }
}

const NOT_CONNECTED: LiveError = {
  code: 'disconnected',
  message: 'Not connected to the engine. Trying again.',
};
