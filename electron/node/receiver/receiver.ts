/**
 * The OTLP receiver: two ports, each open on all its addresses or not at all. It owns sockets and
 * request bodies; telemetry is the engine's the moment `ingest` returns.
 */
import type { ReceiverProtocol, ReceiverState } from '../../../proto/live/topics.ts';
import { BindError, type Endpoint } from './bind.ts';
import { openGrpc } from './grpc-endpoint.ts';
import { openHttp } from './http-endpoint.ts';
import type { ReceiverTimeouts } from './limits.ts';
import { describeTaken, findHolder } from './port-holder.ts';
import { Pressure } from './pressure.ts';
import type { IngestTarget } from './target.ts';

export type { IngestTarget, RequestLine } from './target.ts';

/** What a receiver is given for its life. */
export interface ReceiverOptions {
  readonly engine: IngestTarget;
  /** Told at every change, with the state as it is then. */
  readonly onState: (state: ReceiverState) => void;
  readonly version: string;
  /** Where the UI is, for `GET /`; '' or absent in the desktop app. */
  readonly uiUrl?: () => string;
  /** How long clients may take; the usual times when absent. */
  readonly timeouts?: ReceiverTimeouts;
}

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes a free one. */
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly hosts: readonly string[];
}

const NAME: Readonly<Record<ReceiverProtocol, string>> = { http: 'OTLP/HTTP', grpc: 'OTLP/gRPC' };

/**
 * Opens and closes the OTLP ports. Life cycle: `listen` once, `relisten` any time after, `close`
 * once; after `close` nothing more reaches the engine.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #endpoints = new Map<ReceiverProtocol, Endpoint>();
  readonly #states: Record<ReceiverProtocol, ReceiverState> = {
    http: stateOf('http', 'stopped', 0),
    grpc: stateOf('grpc', 'stopped', 0),
  };
  readonly #pressure: Pressure;
  #hosts: readonly string[] = ['127.0.0.1', '::1'];
  /** Changes of ports run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#pressure = new Pressure(options.engine);
  }

  /** The state of both ports, HTTP first. */
  get states(): readonly ReceiverState[] {
    return [this.#states.http, this.#states.grpc];
  }

  /** Opens both ports. Does not throw for a taken one: the states say so, and the caller decides. */
  listen(options: ListenOptions): Promise<readonly ReceiverState[]> {
    return this.#inTurn(async () => {
      this.#hosts = options.hosts;
      this.#pressure.open();
      const http = await this.#open('http', options.httpPort);
      return [http, await this.#open('grpc', options.grpcPort)];
    });
  }

  /**
   * Moves one protocol to another port. The new port is open before the old one closes; when it
   * cannot be opened, the old one stays and the answer says why.
   */
  relisten(protocol: ReceiverProtocol, port: number): Promise<ReceiverState> {
    return this.#inTurn(async () => {
      const current = this.#states[protocol];
      if (current.state === 'listening' && current.port === port) return current;
      return this.#open(protocol, port);
    });
  }

  /** Closes both ports and their connections. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      const endpoints = [...this.#endpoints.values()];
      this.#endpoints.clear();
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      this.#pressure.close();
      for (const { protocol, port } of this.states) {
        this.#setState(stateOf(protocol, 'stopped', port));
      }
    });
  }

  async #open(protocol: ReceiverProtocol, port: number): Promise<ReceiverState> {
    const previous = this.#endpoints.get(protocol);
    if (previous === undefined) this.#setState(stateOf(protocol, 'starting', port));
    try {
      const endpoint = await this.#bind(protocol, port);
      this.#endpoints.set(protocol, endpoint);
      const { hosts } = endpoint;
      const state: ReceiverState = {
        protocol,
        state: 'listening',
        port: endpoint.port,
        hosts,
        message: '',
      };
      this.#setState(state);
      const where = hosts.map((host) => showAddress(host, endpoint.port)).join(' and ');
      this.#note(protocol, 'UP', 'info', `${NAME[protocol]} listens on ${where}`);
      await previous?.close();
      return state;
    } catch (error) {
      const state = await this.#describeFailure(protocol, port, error);
      if (previous === undefined) this.#setState(state);
      this.#note(protocol, state.state === 'taken' ? 'TAKEN' : 'FAILED', 'warning', state.message);
      return state;
    }
  }

  #bind(protocol: ReceiverProtocol, port: number): Promise<Endpoint> {
    const { engine, version, timeouts } = this.#options;
    const hosts = this.#hosts;
    const common = { engine, hosts, port, pressure: this.#pressure, ...(timeouts && { timeouts }) };
    switch (protocol) {
      case 'http':
        return openHttp({ ...common, facts: () => this.#facts() });
      case 'grpc':
        return openGrpc({ ...common, version, httpPort: () => this.#openPort('http') });
    }
  }

  async #describeFailure(
    protocol: ReceiverProtocol,
    port: number,
    error: unknown,
  ): Promise<ReceiverState> {
    if (!(error instanceof BindError)) throw error;
    if (error.reason === 'failed') return stateOf(protocol, 'failed', port, error.message);
    const holder = await findHolder(error.host, port);
    return stateOf(protocol, 'taken', port, describeTaken(protocol, port, holder));
  }

  #facts() {
    return {
      version: this.#options.version,
      uiUrl: this.#options.uiUrl?.() ?? '',
      httpPort: this.#openPort('http'),
      grpcPort: this.#openPort('grpc'),
    };
  }

  #openPort(protocol: ReceiverProtocol): number {
    return this.#endpoints.get(protocol)?.port ?? 0;
  }

  #setState(state: ReceiverState): void {
    this.#states[state.protocol] = state;
    this.#options.onState(state);
  }

  #note(
    protocol: ReceiverProtocol,
    label: string,
    outcome: 'info' | 'warning',
    message: string,
  ): void {
    this.#options.engine.noteRequest({
      timeMs: Date.now(),
      protocol,
      label,
      outcome,
      message,
      bytes: 0,
      items: 0,
      userAgent: '',
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    // The caller gets the failure; the next task only waits.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function stateOf(
  protocol: ReceiverProtocol,
  state: ReceiverState['state'],
  port: number,
  message = '',
): ReceiverState {
  return { protocol, state, port, hosts: [], message };
}

function showAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
