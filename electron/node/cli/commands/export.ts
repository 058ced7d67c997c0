/** `flametail export`: what the running instance holds, to a file. */
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { writeFileWhole } from '../../capture/atomic-file.ts';
import type { ExportFormat } from '../../host/control.ts';
import { toFailure } from '../../host/failure.ts';
import { ApiRefusal, callApi, requireInstance, type InstanceOptions } from '../api-client.ts';
import type { CliContext } from '../context.ts';
import type { Instance } from '../instance.ts';
import { queryError } from '../query-error.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { plain, plainJson } from '../terminal-text.ts';

export interface ExportOptions extends InstanceOptions {
  readonly output: string;
  readonly format?: ExportFormat;
  readonly gzip?: boolean;
  readonly signal?: string;
  readonly trace?: string;
  readonly query?: string;
}

export async function exportFile(options: ExportOptions, context: CliContext): Promise<ExitCode> {
  const instance = await requireInstance(options, context);
  const response = await ask(instance, options);
  if (options.output === '-') return toStandardOutput(response, context);
  const path = resolve(options.output);
  const bytes = await writeTo(path, response);
  if (options.json === true) context.out(`${plainJson({ file: path, bytes })}\n`);
  else if (options.quiet !== true) context.out(`${plain(path)}: ${bytes} bytes written\n`);
  return EXIT.ok;
}

async function ask(instance: Instance, options: ExportOptions): Promise<IncomingMessage> {
  try {
    const query = exportQuery(options);
    return await callApi(instance, { method: 'GET', path: 'export', query });
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.range === null) throw error;
    throw queryError(options.query ?? '', error.message, error.range);
  }
}

async function toStandardOutput(response: IncomingMessage, context: CliContext): Promise<ExitCode> {
  try {
    for await (const chunk of whole(response)) await context.outBytes(chunk);
  } catch (error) {
    // A reader such as `head` has what it wants.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
  return EXIT.ok;
}

async function writeTo(path: string, response: IncomingMessage): Promise<number> {
  try {
    return await writeFileWhole(path, whole(response));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.failed, `${plain(path)}: ${toFailure(error).message}`);
  }
}

/** The API's query for the options; format and gzip are told by the file name where not given. */
export function exportQuery(options: ExportOptions): Record<string, string> {
  const name = options.output.toLowerCase();
  const isZipName = name.endsWith('.gz');
  const bare = isZipName ? name.slice(0, -'.gz'.length) : name;
  const format = options.format ?? (bare.endsWith('.pb') ? 'otlp.pb' : 'otlp.jsonl');
  const query: Record<string, string> = { format };
  if (options.gzip ?? isZipName) query['gzip'] = '1';
  if (options.signal !== undefined) query['signal'] = options.signal;
  if (options.trace !== undefined) query['ids'] = options.trace;
  if (options.query !== undefined) query['q'] = options.query;
  return query;
}

/** The body, failing when the connection ends before it is complete. */
async function* whole(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch {
    throw new CliError(EXIT.failed, 'The export broke off: the instance ended the connection.');
  }
}
