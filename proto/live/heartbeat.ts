/**
 * Notices that the engine is there but silent. An open channel does not tell: a thread that is stuck
 * keeps its ports and sockets open.
 *
 * ```
 *   rest ──(nothing heard for pingAfterMs)──▶ ping ──(nothing heard for pongWithinMs)──▶ silent
 *    ▲────────────────── anything heard ───────┴─────────────── anything heard ──────────┘
 * ```
 * Whatever arrives counts as an answer, so a busy channel carries no pings. While the engine is silent
 * no timer runs and one ping waits for it: its answer is what ends the silence.
 */

/** How long nothing is heard before the client asks. */
export const PING_AFTER_MS = 2000;
/**
 * How long the engine may take to answer before it counts as silent: longer than the largest body
 * takes to be read. With the rest before, silence is told within seven seconds.
 */
export const PONG_WITHIN_MS = 3000;

export interface HeartbeatOptions {
  /** Runs `task` a while later; the result cancels it. */
  readonly after: (delayMs: number, task: () => void) => () => void;
  /** Told when the engine falls silent, and when it is heard again. */
  readonly onSilence: (isSilent: boolean) => void;
  /** PING_AFTER_MS when absent. */
  readonly pingAfterMs?: number;
  /** PONG_WITHIN_MS when absent. */
  readonly pongWithinMs?: number;
}

/** The client's side of ping and pong. It does nothing until it is started. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #ping: () => void;
  #cancel: (() => void) | undefined;
  #isWatching = false;
  #hasHeard = false;
  #isSilent = false;

  constructor(options: HeartbeatOptions, ping: () => void) {
    this.#options = options;
    this.#ping = ping;
  }

  /** Asks at once, and watches from then on. */
  start(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    // The ping of before still waits for the engine, and is enough.
    if (!this.#isSilent) this.#ask();
  }

  /** Costs nothing until the next start. What was told stands until the engine is heard. */
  stop(): void {
    this.#isWatching = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Something arrived. O(1), and no timer is touched. */
  heard(): void {
    this.#hasHeard = true;
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#options.onSilence(false);
    if (this.#isWatching) this.#rest();
  }

  #rest(): void {
    this.#hasHeard = false;
    this.#wait(this.#options.pingAfterMs ?? PING_AFTER_MS, () => {
      if (this.#hasHeard) this.#rest();
      else this.#ask();
    });
  }

  #ask(): void {
    this.#hasHeard = false;
    this.#ping();
    // In two halves: a page that was itself stopped meanwhile reads what came before it judges.
    const halfMs = (this.#options.pongWithinMs ?? PONG_WITHIN_MS) / 2;
    this.#wait(halfMs, () => {
      if (this.#hasHeard) this.#rest();
      else this.#wait(halfMs, () => this.#judge());
    });
  }

  #judge(): void {
    if (this.#hasHeard) {
      this.#rest();
      return;
    }
    this.#isSilent = true;
    this.#options.onSilence(true);
  }

  #wait(delayMs: number, task: () => void): void {
    this.#cancel = this.#options.after(delayMs, () => {
      this.#cancel = undefined;
      task();
    });
  }
}
