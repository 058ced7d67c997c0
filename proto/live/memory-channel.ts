/** A pair of channels in one process: what one end sends, the other receives, asynchronously. */
import type { Channel } from './channel.ts';

class MemoryEnd implements Channel {
  peer: MemoryEnd | undefined;
  #messageHandler: ((message: string | Uint8Array) => void) | undefined;
  #closeHandler: ((reason: string) => void) | undefined;
  #waiting: (string | Uint8Array)[] = [];
  #closedBecause: string | undefined;

  readonly bufferedBytes = 0;

  send(message: string | Uint8Array): void {
    const peer = this.peer;
    if (this.#closedBecause !== undefined || peer === undefined) return;
    const copy = typeof message === 'string' ? message : message.slice();
    void Promise.resolve().then(() => {
      peer.deliver(copy);
    });
  }

  deliver(message: string | Uint8Array): void {
    if (this.#closedBecause !== undefined) return;
    if (this.#messageHandler === undefined) this.#waiting.push(message);
    else this.#messageHandler(message);
  }

  onMessage(handler: (message: string | Uint8Array) => void): void {
    this.#messageHandler = handler;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) handler(message);
  }

  onClose(handler: (reason: string) => void): void {
    this.#closeHandler = handler;
    if (this.#closedBecause !== undefined) handler(this.#closedBecause);
  }

  close(reason = 'closed'): void {
    this.shut(reason);
    this.peer?.shut(reason);
  }

  shut(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#closeHandler?.(reason);
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
