/**
 * The transport under the live protocol: an ordered, reliable pipe of text messages (control, JSON)
 * and binary messages (frames). MessagePort, WebSocket and the in-memory pair implement it.
 */
export interface Channel {
  /** Sends one message. A closed channel swallows it: the close handler is what tells. */
  send(message: string | Uint8Array): void;
  /** At most one handler; messages that came before it was set are delivered when it is. */
  onMessage(handler: (message: string | Uint8Array) => void): void;
  /** Called once, when either side closes or the transport fails. */
  onClose(handler: (reason: string) => void): void;
  close(reason?: string): void;
  /** Bytes accepted by `send` that the transport has not handed on yet; 0 where it cannot be known. */
  readonly bufferedBytes: number;
}
