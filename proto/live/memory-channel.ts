/** A pair of channels in one process: what one end sends, the other receives, asynchronously. */
import type { Channel } from './channel.ts';
import { Inbox } from './inbox.ts';

class MemoryEnd extends Inbox implements Channel {
  peer: MemoryEnd | undefined;

  readonly bufferedBytes = 0;

  send(message: string | Uint8Array): void {
    const peer = this.peer;
    if (this.isClosed || peer === undefined) return;
    const copy = typeof message === 'string' ? message : message.slice();
    void Promise.resolve().then(() => {
      peer.receive(copy);
    });
  }

  close(reason = 'closed'): void {
    this.end(reason);
    this.peer?.end(reason);
  }
}

/** Two connected ends. Bytes are copied on send, as every real transport does. */
export function memoryChannelPair(): readonly [Channel, Channel] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}
