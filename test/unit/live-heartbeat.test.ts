import { describe, expect, it } from 'vitest';
import { LiveClient } from '../../proto/live/client.ts';
import { Heartbeat, PING_AFTER_MS, PONG_WITHIN_MS } from '../../proto/live/heartbeat.ts';
import { memoryChannelPair } from '../../proto/live/memory-channel.ts';
import { createEngine, ManualTime, sendSpans, settle, TEST_HOST } from '../support/live-engine.ts';

/** A heartbeat on a clock of the test, which counts pings and notes what it is told. */
function beating() {
  const time = new ManualTime();
  const told: boolean[] = [];
  let pings = 0;
  const heartbeat = new Heartbeat(
    { after: (ms, task) => time.after(ms, task), onSilence: (isSilent) => told.push(isSilent) },
    () => pings++,
  );
  heartbeat.start();
  return { heartbeat, time, told, pings: () => pings };
}

describe('the heartbeat', () => {
  it('asks at once, and again after every silence', () => {
    const { heartbeat, time, told, pings } = beating();
    for (let round = 1; round <= 5; round++) {
      expect(pings()).toBe(round);
      heartbeat.heard();
      time.advance(PONG_WITHIN_MS + PING_AFTER_MS);
    }
    expect(told).toEqual([]);
  });

  it('does not ask while anything arrives', () => {
    const { heartbeat, time, told, pings } = beating();
    for (let round = 0; round < 100; round++) {
      heartbeat.heard();
      time.advance(PING_AFTER_MS / 4);
    }
    expect([pings(), told]).toEqual([1, []]);
  });

  it('tells silence once, with no timer left and one question open', () => {
    const { time, told, pings } = beating();
    time.advance(PONG_WITHIN_MS - 1);
    expect(told).toEqual([]);
    time.advance(1);
    time.advance(3_600_000);
    expect([told, pings(), time.timerCount]).toEqual([[true], 1, 0]);
  });

  it('tells when the engine is heard again, and watches on', () => {
    const { heartbeat, time, told } = beating();
    time.advance(PONG_WITHIN_MS);
    heartbeat.heard();
    expect(told).toEqual([true, false]);
    time.advance(PING_AFTER_MS + PONG_WITHIN_MS);
    expect(told).toEqual([true, false, true]);
  });

  it('gives a page that was stopped itself the time to read what came', () => {
    const { heartbeat, time, told } = beating();
    // The timer of the first half comes late, before the messages of the same time.
    time.advance(PONG_WITHIN_MS / 2);
    heartbeat.heard();
    time.advance(PONG_WITHIN_MS / 2);
    expect(told).toEqual([]);
  });

  it('costs nothing once it is stopped, and asks no silent engine twice', () => {
    const { heartbeat, time, told, pings } = beating();
    time.advance(PONG_WITHIN_MS);
    for (let look = 0; look < 10; look++) {
      heartbeat.stop();
      expect(time.timerCount).toBe(0);
      heartbeat.start();
    }
    expect([told, pings()]).toEqual([[true], 1]);
  });
});

describe('a client that watches', () => {
  function connect() {
    const test = createEngine();
    const time = new ManualTime();
    const told: boolean[] = [];
    const [near, far] = memoryChannelPair();
    test.engine.connect(far, TEST_HOST);
    const client = new LiveClient(near, {
      name: 'test',
      heartbeat: {
        after: (ms, task) => time.after(ms, task),
        onSilence: (isSilent) => told.push(isSilent),
      },
    });
    return { ...test, client, pageTime: time, told };
  }

  it('is answered by the engine', async () => {
    const { client, pageTime, told } = connect();
    client.watch(true);
    for (let round = 0; round < 20; round++) {
      await settle();
      pageTime.advance(1000);
    }
    expect(told).toEqual([]);
  });

  it('leaves the engine without a timer', async () => {
    const { client, time } = connect();
    client.watch(true);
    await settle();
    expect(time.timerCount).toBe(0);
  });

  it('hears frames as answers', async () => {
    const { client, engine, time, pageTime, told } = connect();
    client.subscribe('status', {}, { frame: () => undefined });
    client.watch(true);
    for (let round = 0; round < 20; round++) {
      sendSpans(engine, [{ trace: round + 1, id: 1 }]);
      time.advance(1000);
      await settle();
      pageTime.advance(1000);
    }
    expect(told).toEqual([]);
  });

  it('stops with its channel', async () => {
    const { client, pageTime, told } = connect();
    client.watch(true);
    await settle();
    client.close();
    client.watch(true);
    pageTime.advance(60_000);
    expect([pageTime.timerCount, told]).toEqual([0, []]);
  });
});
