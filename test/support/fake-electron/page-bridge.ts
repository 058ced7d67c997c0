/**
 * The wire between Node and one page: installs the two worlds, and carries IPC and ports over a CDP
 * binding that only the preload's world can see.
 */
import type { MessagePort } from 'node:worker_threads';
import type { CDPSession, Page } from 'playwright-core';
import { makeCodec } from './codec.ts';
import {
  makeBridgePeer,
  runPageWorld,
  runPreloadWorld,
  type NodeMessage,
  type PreloadWorldConfig,
  type WorldMessage,
} from './worlds.ts';

const WORLD = 'fake-electron-preload';
const BINDING = '__fakeElectronSend';
const RECEIVER = '__fakeElectronReceive';

/** What the page's calls reach. */
export interface BridgeHandlers {
  /** Paths on disk by file name; read whenever a document begins. */
  readonly filePaths: Readonly<Record<string, string>>;
  invoke(channel: string, args: readonly unknown[]): Promise<unknown>;
  send(channel: string, args: readonly unknown[]): void;
  preloadFailed(message: string): void;
}

export class PageBridge {
  readonly #cdp: CDPSession;
  readonly #handlers: BridgeHandlers;
  readonly #codec = makeCodec();
  readonly #ports = new Map<number, MessagePort>();
  #context: number | null = null;
  #nextPort = 1;

  private constructor(cdp: CDPSession, handlers: BridgeHandlers) {
    this.#cdp = cdp;
    this.#handlers = handlers;
  }

  /** Prepares a page before its first document. `preload` is the source text of a CommonJS file. */
  static async open(page: Page, preload: string, handlers: BridgeHandlers): Promise<PageBridge> {
    const cdp = await page.context().newCDPSession(page);
    const bridge = new PageBridge(cdp, handlers);
    cdp.on('Runtime.executionContextCreated', ({ context }) => {
      const details = context.auxData as { frameId?: string } | undefined;
      if (context.name === WORLD && details?.frameId === bridge.#mainFrame) {
        bridge.#enterDocument(context.id);
      }
    });
    cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (executionContextId === bridge.#context) bridge.#leaveDocument();
    });
    cdp.on('Runtime.executionContextsCleared', () => {
      bridge.#leaveDocument();
    });
    cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name !== BINDING) return;
      if (bridge.#context === null) bridge.#enterDocument(executionContextId);
      if (executionContextId === bridge.#context) {
        bridge.#receive(JSON.parse(payload) as WorldMessage);
      }
    });
    await bridge.#install(preload);
    return bridge;
  }

  #mainFrame = '';

  async #install(preload: string): Promise<void> {
    await this.#cdp.send('Page.enable');
    this.#mainFrame = (await this.#cdp.send('Page.getFrameTree')).frameTree.frame.id;
    await this.#cdp.send('Runtime.enable');
    await this.#cdp.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD });
    // Part of every event name of the bridge, so that page code cannot guess one.
    const secret = `fake-electron-${crypto.randomUUID()}`;
    const token = JSON.stringify(secret);
    const closed = `${secret}:closed`;
    const config: PreloadWorldConfig = {
      binding: BINDING,
      receiver: RECEIVER,
      platform: process.platform,
      closed,
    };
    // Top frame only, as in Electron.
    const top = 'if (window === window.parent && location.protocol === "https:")';
    await this.#cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      source: `${top} (${text(runPageWorld)})((${text(makeBridgePeer)})(${token}, 'page'), ${JSON.stringify(closed)});`,
    });
    await this.#cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      worldName: WORLD,
      source:
        `${top} (${text(runPreloadWorld)})(${JSON.stringify(config)}, (${text(makeCodec)})(), ` +
        `(${text(makeBridgePeer)})(${token}, 'preload'), ` +
        `function (require, process, module, exports) {\n${preload}\n});`,
    });
  }

  /** Sends an event to the preload's listeners, with the far ends of `ports`. */
  sendEvent(channel: string, args: readonly unknown[], ports: readonly MessagePort[] = []): void {
    const ids = ports.map((port) => {
      const id = this.#nextPort++;
      this.#ports.set(id, port);
      return id;
    });
    this.#send({ type: 'event', channel, args: this.#codec.encode(args), ports: ids });
    ports.forEach((port, index) => {
      this.#carry(ids[index] ?? 0, port);
    });
  }

  /** Lets the preload's world know the paths of now. */
  tellFilePaths(): void {
    this.#send({ type: 'filePaths', paths: this.#handlers.filePaths });
  }

  /** Closes what is open towards the page, as when its process ends. */
  close(): void {
    this.#leaveDocument();
  }

  #carry(id: number, port: MessagePort): void {
    port.on('message', ({ data }: { data: unknown }) => {
      this.#send({ type: 'port', port: id, data: this.#codec.encode(data) });
    });
    port.on('close', () => {
      if (this.#ports.delete(id)) this.#send({ type: 'portClosed', port: id });
    });
  }

  #enterDocument(context: number): void {
    if (context === this.#context) return;
    this.#leaveDocument();
    this.#context = context;
    this.tellFilePaths();
  }

  #leaveDocument(): void {
    this.#context = null;
    const ports = [...this.#ports.values()];
    this.#ports.clear();
    for (const port of ports) port.close();
  }

  #send(message: NodeMessage): void {
    if (this.#context === null) return;
    this.#cdp
      .send('Runtime.evaluate', {
        contextId: this.#context,
        expression: `${RECEIVER}(${JSON.stringify(message)})`,
      })
      .catch(() => {
        // The document went away in between: nobody is left to receive it.
      });
  }

  #receive(message: WorldMessage): void {
    switch (message.type) {
      case 'invoke':
        void this.#invoke(message.id, message.channel, message.args);
        return;
      case 'send':
        this.#handlers.send(message.channel, this.#codec.decode(message.args) as unknown[]);
        return;
      case 'port':
        this.#ports.get(message.port)?.postMessage({ data: this.#codec.decode(message.data) });
        return;
      case 'portClosed': {
        const port = this.#ports.get(message.port);
        this.#ports.delete(message.port);
        port?.close();
        return;
      }
      case 'failed':
        this.#handlers.preloadFailed(message.message);
        return;
    }
  }

  async #invoke(id: number, channel: string, args: unknown): Promise<void> {
    try {
      const decoded = this.#codec.decode(args) as unknown[];
      const value = this.#codec.encode(await this.#handlers.invoke(channel, decoded));
      this.#send({ type: 'answer', id, value });
    } catch (error) {
      const message = `Error invoking remote method '${channel}': ${String(error)}`;
      this.#send({ type: 'refusal', id, message });
    }
  }
}

/** A function's source, to run where only text arrives. */
function text(run: (...args: never[]) => unknown): string {
  return run.toString();
}
