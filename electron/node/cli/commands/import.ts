/** `flametail import`: files into the running instance. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { describeImport } from '../../capture/describe.ts';
import { fileSize } from '../../capture/file-size.ts';
import type { ImportResult } from '../../host/control.ts';
import { toFailure } from '../../host/failure.ts';
import { callJson, requireInstance, type InstanceOptions } from '../api-client.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Instance } from '../instance.ts';
import { plain, plainJson } from '../terminal-text.ts';

export type ImportOptions = InstanceOptions;

/** Files are read one after the other; exit code 1 when one of them gave nothing it should have. */
export async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  context: CliContext,
): Promise<ExitCode> {
  const instance = await requireInstance(options, context);
  let exitCode: ExitCode = EXIT.ok;
  for (const file of files) {
    try {
      const result = await importOne(instance, file);
      if (options.json === true) context.out(`${plainJson({ file, ...result })}\n`);
      else if (options.quiet !== true) {
        context.out(`${plain(file)}: ${plain(describeImport(result))}\n`);
      }
      if (result.skipped.length > 0) exitCode = EXIT.failed;
    } catch (error) {
      context.err(`flametail: ${plain(file)}: ${plain(toFailure(error).message)}\n`);
      exitCode = EXIT.failed;
    }
  }
  return exitCode;
}

async function importOne(instance: Instance, file: string): Promise<ImportResult> {
  const bodyBytes = await fileSize(file);
  const result = await callJson(instance, {
    method: 'POST',
    path: 'import',
    query: { label: basename(file) },
    body: createReadStream(file) as AsyncIterable<Buffer>,
    bodyBytes,
  });
  return result as ImportResult; // Our own API's answer, as host/control.ts defines it.
}
