/** The receiving half that the channels over ports, sockets and memory share. */
import { describe, expect, it } from 'vitest';
import { Inbox } from '../../proto/live/inbox.ts';

describe('an inbox', () => {
  it('delivers what came before somebody listened, in order, and even after the end', () => {
    const inbox = new Inbox();
    const received: unknown[] = [];
    inbox.receive('one');
    inbox.receive(Uint8Array.of(2));
    inbox.end('over');
    inbox.onMessage((message) => received.push(message));
    expect(received).toEqual(['one', Uint8Array.of(2)]);
  });

  it('drops what comes after the end', () => {
    const inbox = new Inbox();
    const received: unknown[] = [];
    inbox.onMessage((message) => received.push(message));
    inbox.receive('before');
    inbox.end('over');
    inbox.receive('after');
    expect(received).toEqual(['before']);
  });

  it('tells of the end once, with its first reason, whoever listens before or after it', () => {
    const before = new Inbox();
    const after = new Inbox();
    const reasons: string[] = [];
    before.onClose((reason) => reasons.push(`before: ${reason}`));
    for (const inbox of [before, after]) {
      inbox.end('first');
      inbox.end('second');
    }
    after.onClose((reason) => reasons.push(`after: ${reason}`));
    expect(reasons).toEqual(['before: first', 'after: first']);
  });
});
