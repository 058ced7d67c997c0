/**
 * What runs inside the page: the preload's world, the page's own world, and the context bridge between
 * them. Every function here is turned into source text, so it refers to nothing outside itself.
 */
import type { Codec } from './codec.ts';

/** Messages from the preload's world to Node. */
export type WorldMessage =
  | {
      readonly type: 'invoke';
      readonly id: number;
      readonly channel: string;
      readonly args: unknown;
    }
  | { readonly type: 'send'; readonly channel: string; readonly args: unknown }
  | { readonly type: 'port'; readonly port: number; readonly data: unknown }
  | { readonly type: 'portClosed'; readonly port: number }
  | { readonly type: 'failed'; readonly message: string };

/** Messages from Node to the preload's world. */
export type NodeMessage =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string }
  | {
      readonly type: 'event';
      readonly channel: string;
      readonly args: unknown;
      readonly ports: readonly number[];
    }
  | { readonly type: 'port'; readonly port: number; readonly data: unknown }
  | { readonly type: 'portClosed'; readonly port: number }
  /** Paths on disk by file name, for webUtils.getPathForFile. */
  | { readonly type: 'filePaths'; readonly paths: Readonly<Record<string, string>> };

/** One side of the context bridge. */
export interface BridgePeer {
  /** Shows a value to the other world, functions as proxies. */
  describe(value: unknown): unknown;
  revive(description: unknown): unknown;
  emit(type: string, detail: unknown): void;
  on(type: string, handler: (detail: never) => void): void;
}

/**
 * A peer of the bridge. Both worlds share the document but no objects; an event's detail is cloned on
 * the way. A call is synchronous: the answer comes as an event before dispatchEvent returns.
 */
export function makeBridgePeer(token: string, side: 'page' | 'preload'): BridgePeer {
  type Description =
    | { kind: 'value'; value: unknown }
    | { kind: 'function' | 'promise'; id: number }
    | { kind: 'error'; message: string }
    | { kind: 'list'; items: Description[] }
    | { kind: 'object'; entries: [string, Description][] };
  type Callable = (...args: unknown[]) => unknown;
  interface Answer {
    call: number;
    ok: boolean;
    result: Description;
  }
  const other = side === 'page' ? 'preload' : 'page';
  const functions = new Map<number, Callable>();
  const promises = new Map<number, { resolve: Callable; reject: Callable }>();
  const answers = new Map<number, Answer>();
  let nextId = 1;

  const emit = (type: string, detail: unknown): void => {
    window.dispatchEvent(new CustomEvent(`${token}:${other}:${type}`, { detail }));
  };
  const on = (type: string, handler: (detail: never) => void): void => {
    window.addEventListener(`${token}:${side}:${type}`, (event) => {
      handler((event as CustomEvent<never>).detail);
    });
  };

  const describe = (value: unknown): Description => {
    if (typeof value === 'function') {
      functions.set(nextId, value as Callable);
      return { kind: 'function', id: nextId++ };
    }
    if (value instanceof Promise) {
      const id = nextId++;
      value.then(
        (result: unknown) => {
          emit('settle', { id, ok: true, result: describe(result) });
        },
        (error: unknown) => {
          emit('settle', { id, ok: false, result: describe(error) });
        },
      );
      return { kind: 'promise', id };
    }
    if (value instanceof Error) return { kind: 'error', message: value.message };
    if (Array.isArray(value)) return { kind: 'list', items: value.map(describe) };
    const prototype: unknown = value instanceof Object ? Object.getPrototypeOf(value) : undefined;
    if (value instanceof Object && prototype === Object.prototype) {
      const entries = Object.entries(value).map(([key, item]): [string, Description] => [
        key,
        describe(item),
      ]);
      return { kind: 'object', entries };
    }
    return { kind: 'value', value };
  };

  const revive = (description: Description): unknown => {
    switch (description.kind) {
      case 'value':
        return description.value;
      case 'error':
        return new Error(description.message);
      case 'list':
        return description.items.map(revive);
      case 'object':
        return Object.freeze(
          Object.fromEntries(description.entries.map(([key, item]) => [key, revive(item)])),
        );
      case 'promise':
        return new Promise((resolve, reject) => {
          promises.set(description.id, { resolve, reject });
        });
      case 'function': {
        const { id } = description;
        return (...args: unknown[]): unknown => {
          const call = nextId++;
          emit('call', { call, id, args: args.map(describe) });
          const answer = answers.get(call);
          answers.delete(call);
          if (answer === undefined) throw new Error('the other world did not answer');
          const result = revive(answer.result);
          if (answer.ok) return result;
          throw result;
        };
      }
    }
  };

  on('call', ({ call, id, args }: { call: number; id: number; args: Description[] }) => {
    try {
      const result = functions.get(id)?.(...args.map(revive));
      emit('return', { call, ok: true, result: describe(result) });
    } catch (error) {
      emit('return', { call, ok: false, result: describe(error) });
    }
  });
  on('return', (answer: Answer) => {
    answers.set(answer.call, answer);
  });
  on('settle', ({ id, ok, result }: { id: number; ok: boolean; result: Description }) => {
    const promise = promises.get(id);
    promises.delete(id);
    if (ok) promise?.resolve(revive(result));
    else promise?.reject(revive(result));
  });
  return { describe, revive: revive as BridgePeer['revive'], emit, on };
}

/**
 * The page's world: exposes what the preload offers, and leaves nothing else behind. Electron tells a
 * port that its other side closed, which Chromium alone does not, so that `closed`, a message that no
 * page sends, stands for it in both directions.
 */
export function runPageWorld(peer: BridgePeer, closed: string): void {
  window.addEventListener('message', (event) => {
    if (event.source !== window) return;
    for (const port of event.ports) {
      port.addEventListener('message', (message) => {
        if (message.data !== closed) return;
        message.stopImmediatePropagation();
        port.dispatchEvent(new Event('close'));
      });
      port.close = () => {
        port.postMessage(closed);
        MessagePort.prototype.close.call(port);
      };
    }
  });
  peer.on('expose', ({ key, api }: { key: string; api: unknown }) => {
    if (key in window) return;
    Object.defineProperty(window, key, { value: peer.revive(api), enumerable: true });
  });
  peer.emit('hello', null);
}

/** What the preload's world is made with. */
export interface PreloadWorldConfig {
  readonly binding: string;
  readonly receiver: string;
  readonly platform: string;
  /** The message that stands for the close of a port; see runPageWorld. */
  readonly closed: string;
}

/** Runs the preload's source with a sandboxed `require`, and carries its IPC. */
export function runPreloadWorld(
  config: PreloadWorldConfig,
  codec: Codec,
  peer: BridgePeer,
  source: (require: unknown, process: unknown, module: unknown, exports: unknown) => void,
): void {
  type Listener = (event: unknown, ...args: unknown[]) => void;
  type Callable = (value: unknown) => void;
  const world = globalThis as unknown as Record<string, unknown>;
  const listeners = new Map<string, Set<Listener>>();
  const calls = new Map<number, { resolve: Callable; reject: Callable }>();
  const ports = new Map<number, MessagePort>();
  let filePaths: Readonly<Record<string, string>> = {};
  let nextCall = 1;

  const send = (message: WorldMessage): void => {
    (world[config.binding] as (text: string) => void)(JSON.stringify(message));
  };
  const openPort = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    ports.set(id, port1);
    port1.onmessage = (event: MessageEvent<unknown>) => {
      if (event.data !== config.closed) {
        send({ type: 'port', port: id, data: codec.encode(event.data) });
      } else if (ports.delete(id)) {
        send({ type: 'portClosed', port: id });
      }
    };
    return port2;
  };
  const refuseUnknown = (name: string): ProxyHandler<object> => ({
    get: (object, property) => {
      if (property in object) return Reflect.get(object, property) as unknown;
      throw new Error(`fake electron: ${name}.${String(property)} is not part of the fake`);
    },
  });

  world[config.receiver] = (message: NodeMessage): void => {
    switch (message.type) {
      case 'answer':
        calls.get(message.id)?.resolve(codec.decode(message.value));
        calls.delete(message.id);
        return;
      case 'refusal':
        calls.get(message.id)?.reject(new Error(message.message));
        calls.delete(message.id);
        return;
      case 'event': {
        const event = { ports: message.ports.map(openPort) };
        const args = codec.decode(message.args) as unknown[];
        for (const listener of [...(listeners.get(message.channel) ?? [])]) {
          listener(event, ...args);
        }
        return;
      }
      case 'port':
        ports.get(message.port)?.postMessage(codec.decode(message.data));
        return;
      case 'portClosed': {
        const port = ports.get(message.port);
        ports.delete(message.port);
        port?.postMessage(config.closed);
        port?.close();
        return;
      }
      case 'filePaths':
        filePaths = message.paths;
        return;
    }
  };

  const ipcRenderer = {
    invoke: (channel: string, ...args: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = nextCall++;
        calls.set(id, { resolve, reject });
        send({ type: 'invoke', id, channel, args: codec.encode(args) });
      }),
    send: (channel: string, ...args: unknown[]): void => {
      send({ type: 'send', channel, args: codec.encode(args) });
    },
    on: (channel: string, listener: Listener): void => {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(listener));
    },
    off: (channel: string, listener: Listener): void => {
      listeners.get(channel)?.delete(listener);
    },
  };
  const exposed: { key: string; api: unknown }[] = [];
  peer.on('hello', () => {
    for (const each of exposed) peer.emit('expose', each);
  });
  const contextBridge = {
    exposeInMainWorld: (key: string, api: unknown): void => {
      const entry = { key, api: peer.describe(api) };
      exposed.push(entry);
      peer.emit('expose', entry);
    },
  };
  const webUtils = { getPathForFile: (file: File): string => filePaths[file.name] ?? '' };
  const electron = {
    ipcRenderer: new Proxy(ipcRenderer, refuseUnknown('ipcRenderer')),
    contextBridge: new Proxy(contextBridge, refuseUnknown('contextBridge')),
    webUtils: new Proxy(webUtils, refuseUnknown('webUtils')),
  };
  const require = (name: string): unknown => {
    if (name === 'electron') return new Proxy(electron, refuseUnknown('electron'));
    throw new Error(`module not found: ${name} (a sandboxed preload has electron alone)`);
  };
  const module = { exports: {} };
  try {
    source(require, { platform: config.platform }, module, module.exports);
  } catch (error) {
    send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}
