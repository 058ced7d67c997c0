/** The receiving half of a Channel, whatever carries the messages. */
import type { Channel } from './channel.ts';

/** Keeps what arrives before somebody listens, and tells about the end once. */
export class Inbox implements Pick<Channel, 'onMessage' | 'onClose'> {
  #messageHandler: ((message: string | Uint8Array) => void) | undefined;
  #closeHandler: ((reason: string) => void) | undefined;
  #waiting: (string | Uint8Array)[] = [];
  #closedBecause: string | undefined;

  get isClosed(): boolean {
    return this.#closedBecause !== undefined;
  }

  /** Hands a message on, or keeps it; after the end it is dropped. */
  receive(message: string | Uint8Array): void {
    if (this.isClosed) return;
    if (this.#messageHandler === undefined) this.#waiting.push(message);
    else this.#messageHandler(message);
  }

  /** Ends it; the first reason stays. */
  end(reason: string): void {
    if (this.isClosed) return;
    this.#closedBecause = reason;
    this.#closeHandler?.(reason);
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
}
