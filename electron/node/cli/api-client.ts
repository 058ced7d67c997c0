/** Requests of commands to the running instance's API. */
import { request, type IncomingMessage } from 'node:http';
import { readPort } from '../host/launch-args.ts';
import { drained } from '../server/drained.ts';
import type { CliContext, CommonOptions } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { stateFolder } from './folders.ts';
import { findInstance, type Instance } from './instance.ts';

/** The API refused a call. `range` is where a query is wrong, in UTF-16 units of its text. */
export class ApiRefusal extends CliError {
  readonly range: { readonly from: number; readonly to: number } | null;

  constructor(message: string, range: ApiRefusal['range']) {
    super(range === null ? EXIT.failed : EXIT.usage, message);
    this.range = range;
  }
}

export interface InstanceOptions extends CommonOptions {
  readonly uiPort?: number;
}

/** The running instance that the options mean. Throws CliError (no running instance). */
export async function requireInstance(
  { uiPort }: InstanceOptions,
  { env }: CliContext,
): Promise<Instance> {
  // 0 asks a start for a free port: it names no instance.
  const asked = (uiPort ?? readPort(env['FLAMETAIL_UI_PORT'] ?? '')) || undefined;
  const instance = await findInstance(await stateFolder(env), asked);
  if (instance !== undefined) return instance;
  const which = asked === undefined ? '' : ` with UI port ${asked}`;
  throw new CliError(
    EXIT.noInstance,
    `No running Flametail${which} was found. Start one with: flametail serve`,
  );
}

export interface ApiCall {
  readonly method: 'GET' | 'POST';
  /** Below /api/v1/. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array>;
  /** Length of the body in bytes, when it is known. */
  readonly bodyBytes?: number;
}

/** Calls the API; resolves with the response of a success. Throws ApiRefusal with the API's message. */
export async function callApi(instance: Instance, call: ApiCall): Promise<IncomingMessage> {
  const url = new URL(`api/v1/${call.path}`, instance.ui);
  for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
  const response = await send(url, instance, call);
  if (response.statusCode === 200) return response;
  const text = await readText(response);
  throw refusal(text, response.statusCode);
}

/** Calls the API and reads its JSON answer. */
export async function callJson(instance: Instance, call: ApiCall): Promise<unknown> {
  return JSON.parse(await readText(await callApi(instance, call)));
}

function send(url: URL, { token }: Instance, call: ApiCall): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = { authorization: `Bearer ${token}` };
    if (call.bodyBytes !== undefined) headers['content-length'] = call.bodyBytes;
    const sent = request(url, { method: call.method, headers, agent: false }, resolve);
    const fail = (error: Error): void => {
      reject(new CliError(EXIT.failed, `The instance at ${url.origin}: ${error.message}`));
    };
    sent.on('error', fail);
    if (call.body === undefined) sent.end();
    else {
      writeBody(sent, call.body).catch((error: unknown) => {
        sent.destroy();
        fail(error instanceof Error ? error : new Error(String(error)));
      });
    }
  });
}

async function writeBody(
  sent: ReturnType<typeof request>,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of body) {
    if (sent.destroyed) return; // Its error is reported by the request.
    if (!sent.write(chunk)) await drained(sent);
  }
  sent.end();
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function refusal(text: string, status: number | undefined): ApiRefusal {
  try {
    const { error } = JSON.parse(text) as { error?: Record<string, unknown> };
    const { message, from, to } = error ?? {};
    const hasRange = typeof from === 'number' && typeof to === 'number';
    if (typeof message === 'string') return new ApiRefusal(message, hasRange ? { from, to } : null);
  } catch {
    // Not of our API: the status is all there is to say.
  }
  return new ApiRefusal(`The instance answered ${status ?? 'nothing'}.`, null);
}
