/** The API's door to the engine: the live protocol, like any other viewer. */
import { LiveClient } from '../../../proto/live/client.ts';
import type { SourcesMeta } from '../../../proto/live/topics.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { EngineHost } from '../host/engine-host.ts';
import { portChannel } from '../host/port-channel.ts';

/** One live session for all API calls, opened at the first and again after an engine restart. */
export class EngineClient {
  readonly #host: EngineHost;
  #client: LiveClient | undefined;

  constructor(host: EngineHost) {
    this.#host = host;
  }

  /** The open session. Throws HostFailure while the engine is down. */
  get live(): LiveClient {
    if (this.#client === undefined) {
      const client = new LiveClient(portChannel(this.#host.connect()), { name: 'api' });
      client.onClose(() => {
        if (this.#client === client) this.#client = undefined;
      });
      this.#client = client;
    }
    return this.#client;
  }

  /** The services as they are now. */
  sources(): Promise<SourcesMeta> {
    return new Promise((resolve, reject) => {
      const subscription = this.live.subscribe(
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
    });
  }

  close(): void {
    this.#client?.close();
  }
}
