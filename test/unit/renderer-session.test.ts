import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryChannelPair } from '../../proto/live/memory-channel.ts';
import { NO_JOURNAL, type JournalStatus } from '../../proto/live/topics.ts';
import { FrameLoop } from '../../renderer/base/raf.ts';
import { HostRefusal, type HostBridge } from '../../renderer/session/host.ts';
import { Session } from '../../renderer/session/session.svelte.ts';
import { PING_AFTER_MS, PONG_WITHIN_MS } from '../../proto/live/heartbeat.ts';
import { FakeEngine } from '../support/fake-live.ts';
import { ManualTime } from '../support/live-engine.ts';

/** Longer than any delay between two attempts to connect, shorter than a heartbeat's silence. */
const RETRY_MS = 3000;

/** A page with a fake host: animation frames and timers run when the test says so. */
class Page {
  readonly engine = new FakeEngine();
  readonly frames: ((nowMs: number) => void)[] = [];
  readonly time = new ManualTime();
  connects = 0;
  failure: Error | undefined;
  readonly session: Session;

  constructor() {
    const host: HostBridge = {
      kind: 'browser',
      platform: 'browser',
      connect: async () => {
        this.connects++;
        if (this.failure !== undefined) throw this.failure;
        const [page, engine] = memoryChannelPair();
        this.engine.accept(engine);
        return page;
      },
      exportCapture: async () => null,
      openFiles: async () => null,
      importFiles: async () => [],
      openEditor: () => Promise.resolve(false),
      setTheme: () => undefined,
      onCommand: () => () => undefined,
    };
    this.session = new Session({
      version: '0.0.0',
      host,
      frames: new FrameLoop({ request: (callback) => this.frames.push(callback) }),
      after: (delayMs, task) => this.time.after(delayMs, task),
    });
  }

  async connected(): Promise<void> {
    this.session.open();
    await vi.waitFor(() => expect(this.session.connection).toBe('open'));
  }

  paint(): void {
    for (const callback of this.frames.splice(0)) callback(0);
  }

  /** Lets time pass, and what is on its way arrive. */
  async pass(ms: number): Promise<void> {
    this.time.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  retry(): void {
    this.time.advance(RETRY_MS);
  }
}

const NO_COUNTS = { received: 0, kept: 0, evicted: 0, cleared: 0, rejected: 0, duplicates: 0 };
const statusOf = (spans: number, journal: JournalStatus = NO_JOURNAL): unknown => ({
  journal,
  signals: {
    spans: { ...NO_COUNTS, received: spans },
    logRecords: NO_COUNTS,
    dataPoints: NO_COUNTS,
    profiles: NO_COUNTS,
  },
});

describe('the session', () => {
  let page: Page;
  beforeEach(() => {
    page = new Page();
  });
  afterEach(() => {
    page.session.close();
  });

  it('delivers frames of a subscription that was made before it connected', async () => {
    page.engine.topics['metrics'] = () => ({ meta: { total: 3 } });
    const seen: unknown[] = [];
    const params = {
      filter: page.session.filter('x'),
      first: 0,
      count: 10,
      sparkPoints: 5,
    };
    page.session.live('metrics', params, { frame: ({ meta }) => seen.push(meta) });
    await page.connected();
    await vi.waitFor(() => expect(seen).toEqual([{ total: 3 }]));
  });

  it('subscribes again, with the latest parameters, after the connection was lost', async () => {
    const handle = page.session.live('requests', { limit: 10 }, { frame: () => undefined });
    await page.connected();
    handle.update({ limit: 20 });
    page.engine.drop();
    expect(page.session.connection).toBe('reconnecting');
    page.retry();
    await vi.waitFor(() => expect(page.session.connection).toBe('open'));
    await vi.waitFor(() =>
      expect(page.engine.subscriptions).toContainEqual(
        expect.objectContaining({ topic: 'requests', params: { limit: 20 } }),
      ),
    );
  });

  it('does not tell a subscription about lost connections', async () => {
    const ended = vi.fn();
    page.session.live('requests', { limit: 10 }, { frame: () => undefined, ended });
    await page.connected();
    page.engine.drop();
    expect(ended).not.toHaveBeenCalled();
  });

  it('leaves a closed subscription closed after a reconnect', async () => {
    const handle = page.session.live('requests', { limit: 10 }, { frame: () => undefined });
    await page.connected();
    handle.close();
    page.engine.drop();
    page.retry();
    await vi.waitFor(() => expect(page.engine.subscriptions.length).toBe(2));
    expect(page.engine.subscriptions.map(({ topic }) => topic).sort()).toEqual([
      'sources',
      'status',
    ]);
  });

  it('says that the engine restarted, and resets the screens, when its memory is a new one', async () => {
    const onReset = vi.fn();
    page.session.onReset(onReset);
    page.engine.topics['status'] = () => ({ meta: statusOf(0) });
    await page.connected();
    page.engine.engineId = 'engine-2';
    page.engine.drop();
    page.retry();
    await vi.waitFor(() => expect(onReset).toHaveBeenCalledOnce());
    await vi.waitFor(() =>
      expect(page.session.notices.all.map(({ text }) => text)).toEqual([
        expect.stringMatching(
          /^The engine restarted at \d\d:\d\d:\d\d\. What it held before is gone\.$/,
        ),
      ]),
    );
  });

  it('says what came back when the restarted engine had a journal', async () => {
    const counts = { spans: 1234, logRecords: 1, dataPoints: 0, profiles: 0 };
    const restored = { ...counts, lostBytes: 0, isPartial: true };
    const journal: JournalStatus = { ...NO_JOURNAL, state: 'on', restored };
    page.engine.topics['status'] = () => ({ meta: statusOf(1234, journal) });
    await page.connected();
    expect(page.session.notices.all).toEqual([]);
    page.engine.engineId = 'engine-2';
    page.engine.drop();
    page.retry();
    await vi.waitFor(() =>
      expect(page.session.notices.all.map(({ text }) => text)).toEqual([
        expect.stringMatching(
          /1.234 spans and 1 log record were restored\. What came after the journal failed is lost\.$/,
        ),
      ]),
    );
  });

  it('says nothing when the same engine answers again', async () => {
    await page.connected();
    page.engine.drop();
    page.retry();
    await vi.waitFor(() => expect(page.session.connection).toBe('open'));
    expect(page.session.notices.all).toEqual([]);
  });

  it('goes on trying while the engine is away', async () => {
    page.failure = new Error('nobody there');
    page.session.open();
    await vi.waitFor(() => expect(page.time.timerCount).toBe(1));
    page.retry();
    await vi.waitFor(() => expect(page.connects).toBe(2));
    page.failure = undefined;
    await vi.waitFor(() => expect(page.time.timerCount).toBe(1));
    page.retry();
    await vi.waitFor(() => expect(page.session.connection).toBe('open'));
  });

  it('stops trying when the host refuses the page', async () => {
    page.failure = new HostRefusal();
    page.session.open();
    await vi.waitFor(() => expect(page.session.connection).toBe('refused'));
    expect(page.time.timerCount).toBe(0);
  });

  it('rejects requests while disconnected', async () => {
    await expect(page.session.request('status.get', {})).rejects.toMatchObject({
      code: 'disconnected',
    });
  });

  it('grants credit only in animation frames, so that a hidden window is sent nothing more', async () => {
    let frames = 0;
    page.engine.topics['requests'] = () => ({ meta: { entries: [] } });
    page.session.live('requests', { limit: 1 }, { frame: () => frames++ });
    await page.connected();
    for (let i = 0; i < 40; i++) {
      page.engine.push('requests');
      await Promise.resolve();
    }
    await vi.waitFor(() => expect(frames).toBeGreaterThan(0));
    const hidden = frames;
    expect(hidden).toBeLessThanOrEqual(8);
    page.paint();
    await vi.waitFor(() => expect(frames).toBe(hidden + 1));
  });

  it('says that the engine does not answer while it is frozen, and goes on with it', async () => {
    page.engine.topics['status'] = () => ({ meta: statusOf(1) });
    await page.connected();
    page.engine.isFrozen = true;
    await page.pass(2 * PING_AFTER_MS + PONG_WITHIN_MS);
    expect(page.session.connection).toBe('silent');
    page.session.retryNow();
    expect(page.connects).toBe(1);
    page.engine.isFrozen = false;
    await vi.waitFor(() => expect(page.session.connection).toBe('open'));
    page.engine.push('status', { meta: statusOf(2) });
    await vi.waitFor(() => expect(page.session.status?.signals.spans.received).toBe(2));
    expect([page.connects, page.session.notices.all]).toEqual([1, []]);
  });

  it('says so too when the engine never answered at all', async () => {
    page.engine.isFrozen = true;
    page.session.open();
    await page.pass(0);
    await page.pass(PONG_WITHIN_MS);
    expect(page.session.connection).toBe('silent');
    page.engine.isFrozen = false;
    await vi.waitFor(() => expect(page.session.connection).toBe('open'));
  });

  it('tells a silent engine from one that went away', async () => {
    await page.connected();
    page.engine.isFrozen = true;
    await page.pass(2 * PING_AFTER_MS + PONG_WITHIN_MS);
    page.engine.isFrozen = false;
    page.engine.drop();
    await vi.waitFor(() => expect(page.session.connection).toBe('reconnecting'));
    page.retry();
    await vi.waitFor(() => expect(page.session.connection).toBe('open'));
  });

  it('asks nothing and runs no timer while nobody sees the page, and asks with the first look', async () => {
    await page.connected();
    page.session.setWatched(false);
    const before = page.engine.received.length;
    page.engine.isFrozen = true;
    await page.pass(60_000);
    expect([page.time.timerCount, page.session.connection]).toEqual([0, 'open']);
    page.session.setWatched(true);
    await page.pass(PONG_WITHIN_MS);
    expect(page.session.connection).toBe('silent');
    page.engine.isFrozen = false;
    expect(page.engine.received.slice(before)).toEqual([{ type: 'ping' }]);
  });

  it('counts what arrives during a pause', async () => {
    page.engine.topics['status'] = () => ({ meta: statusOf(100) });
    await page.connected();
    await vi.waitFor(() => expect(page.session.status).toBeDefined());
    page.session.togglePause();
    page.engine.push('status', { meta: statusOf(140) });
    await vi.waitFor(() => expect(page.session.newSincePause).toBe(40));
    page.session.togglePause();
    expect(page.session.isPaused).toBe(false);
    expect(page.session.newSincePause).toBe(0);
  });

  it('gives services their colours in first-seen order, whatever the order of the frame', async () => {
    const service = (name: string, index: number): unknown => ({ name, index });
    page.engine.topics['sources'] = () => ({
      meta: { services: [service('b', 1), service('a', 0)] },
    });
    await page.connected();
    await vi.waitFor(() =>
      expect(page.session.services.map(({ name }) => name)).toEqual(['a', 'b']),
    );
  });
});
