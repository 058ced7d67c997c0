/** The API's door to the engine: the live protocol, like any other viewer. */
import { LiveClient, type AbortSignalLike } from '../../../proto/live/client.ts';
import type { MethodName, Methods } from '../../../proto/live/methods.ts';
import type { SourcesMeta } from '../../../proto/live/topics.ts';
import { LiveFailure, type LiveError } from '../../../proto/live/protocol.ts';
import type { EngineHost } from '../host/engine-host.ts';
import { portChannel } from '../host/port-channel.ts';

/**
 * How long the engine may say nothing while a call waits for it. Long work is done in slices and does
 * not count: an engine that is silent for this long is stuck.
 */
const ANSWER_WITHIN_MS = 10_000;

const STUCK: LiveError = {
  code: 'busy',
  message: 'The engine does not answer: it is stuck in something. Try again in a moment.',
};

/** One live session for all API calls, opened at the first and again after an engine restart. */
export class EngineClient {
  readonly #host: EngineHost;
  readonly #answerWithinMs: number;
  #client: ApiSession | undefined;

  constructor(host: EngineHost, answerWithinMs = ANSWER_WITHIN_MS) {
    this.#host = host;
    this.#answerWithinMs = answerWithinMs;
  }

  /**
   * The open session, whose requests reject with `busy` when the engine falls silent. Throws
   * HostFailure while the engine is down.
   */
  get live(): LiveClient {
    return this.#session();
  }

  /** The services as they are now. Rejects like the requests of the session. */
  sources(): Promise<SourcesMeta> {
    const session = this.#session();
    return session.bounded(
      () =>
        new Promise((resolve, reject) => {
          const subscription = session.subscribe(
            'sources',
            {},
            {
              frame: ({ meta }) => {
                subscription.close();
                resolve(meta);
              },
              ended: (error) => {
                reject(new LiveFailure(error));
              },
            },
          );
        }),
    );
  }

  /**
   * Waits for work that the engine does outside of the session: an export, an import. Rejects as it
   * does, or like the requests of the session; the work's signal is aborted then.
   */
  guarded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#session().guarded(work);
  }

  close(): void {
    this.#client?.close();
  }

  #session(): ApiSession {
    if (this.#client !== undefined) return this.#client;
    const channel = portChannel(this.#host.connect());
    const session = new ApiSession(channel, {
      name: 'api',
      heartbeat: {
        after: (delayMs, task) => {
          const timer = setTimeout(task, delayMs);
          return () => {
            clearTimeout(timer);
          };
        },
        onSilence: (isSilent) => {
          if (!isSilent) return;
          session.isStuck = true;
          // What the engine is still asked for goes with the session; the next call opens another.
          channel.close(STUCK.message);
        },
        pongWithinMs: this.#answerWithinMs,
      },
    });
    session.onClose((reason) => {
      if (this.#client === session) this.#client = undefined;
      session.endGuarded(reason);
    });
    this.#client = session;
    return session;
  }
}

/** A session whose heartbeat runs while something waits for an answer. */
class ApiSession extends LiveClient {
  /** It ended because the engine was silent. */
  isStuck = false;
  #waiting = 0;
  /** Ends of the work outside of the session. */
  readonly #guarded = new Set<(reason: string) => void>();

  override request<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    signal?: AbortSignalLike,
  ): Promise<Methods[M]['result']> {
    return this.bounded(() => super.request(method, params, signal));
  }

  /** Waits for work of this session. Rejects as it does, or with `busy`. */
  async bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.watch(true);
    try {
      return await work();
    } catch (error) {
      throw this.isStuck ? new LiveFailure(STUCK) : error;
    } finally {
      if (--this.#waiting === 0) this.watch(false);
    }
  }

  async guarded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    let end = (_reason: string): void => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      end = (reason) => {
        reject(new LiveFailure({ code: 'disconnected', message: reason }));
        abort.abort();
      };
    });
    this.#guarded.add(end);
    try {
      return await this.bounded(() => Promise.race([work(abort.signal), ended]));
    } finally {
      this.#guarded.delete(end);
    }
  }

  /** The session is over: what waits for the engine beside it is too. */
  endGuarded(reason: string): void {
    for (const end of this.#guarded) end(reason);
  }
}
