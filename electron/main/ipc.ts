/**
 * The one place where the page's calls enter the shell: every channel of `ShellInvokes` is registered
 * here once, its sender is checked, and its arguments are parsed before a handler sees them.
 */
import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import * as v from 'valibot';
import type { ShellInvokes } from '../../proto/shell/shell.ts';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { isAppUrl } from './app-protocol.ts';

const TraceIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const SignalSchema = v.picklist(SIGNALS);
const NamesSchema = v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(10_000));

const UnixNanoSchema = v.pipe(v.string(), v.regex(/^\d{1,20}$/));
const BrushSchema = v.strictObject({
  fromNs: UnixNanoSchema,
  toNs: UnixNanoSchema,
  minNs: v.number(),
  maxNs: v.number(),
});

/** A `Selection` of proto/live/topics.ts. */
export const SelectionSchema = v.variant('type', [
  v.strictObject({ type: v.literal('all'), signals: v.array(SignalSchema) }),
  v.strictObject({
    type: v.literal('traces'),
    traceIds: v.pipe(v.array(TraceIdSchema), v.maxLength(100_000)),
  }),
  v.strictObject({
    type: v.literal('filter'),
    signal: SignalSchema,
    filter: v.strictObject({
      text: v.pipe(v.string(), v.maxLength(65_536)),
      services: NamesSchema,
      notServices: NamesSchema,
    }),
    brush: v.exactOptional(BrushSchema),
  }),
]);

const ExportChoiceSchema = v.strictObject({
  fileName: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  format: v.picklist(['otlp.jsonl', 'otlp.pb']),
  gzip: v.boolean(),
  selection: SelectionSchema,
});

const PathSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(32_768));

const ARGUMENT_SCHEMAS = {
  'capture:export': v.strictTuple([ExportChoiceSchema]),
  'capture:open': v.strictTuple([]),
  'capture:import': v.strictTuple([v.pipe(v.array(PathSchema), v.maxLength(1000))]),
  'engine:connect': v.strictTuple([]),
  'editor:open': v.strictTuple([v.pipe(v.string(), v.maxLength(8192))]),
  'theme:set': v.strictTuple([v.picklist(['system', 'dark', 'light'])]),
} as const satisfies Record<keyof ShellInvokes, v.GenericSchema<unknown, readonly unknown[]>>;

/** The parsed arguments of a channel: at least as narrow as `ShellInvokes` says. */
type Arguments<C extends keyof ShellInvokes> = v.InferOutput<(typeof ARGUMENT_SCHEMAS)[C]>;

export type ParsedExportChoice = v.InferOutput<typeof ExportChoiceSchema>;

/** One handler per channel; a handler's rejection reaches the page as a rejected call. */
export type ShellHandlers = {
  readonly [C in keyof ShellInvokes]: (
    sender: WebContents,
    ...args: Arguments<C>
  ) => Promise<ShellInvokes[C]['result']>;
};

/** True for a call from the top frame of one of our own windows that shows our own page. */
export function isTrustedSender(
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  ownIds: ReadonlySet<number>,
): boolean {
  const frame = event.senderFrame;
  // The frame is null when it navigated or went away before the call arrived.
  return (
    frame !== null && frame.parent === null && ownIds.has(event.sender.id) && isAppUrl(frame.url)
  );
}

/** Registers all channels. `ownIds` is read at each call: the ids of our own windows' contents. */
export function registerShellCalls(
  ipcMain: IpcMain,
  ownIds: ReadonlySet<number>,
  handlers: ShellHandlers,
): void {
  const register = <C extends keyof ShellInvokes>(channel: C): void => {
    const handler: (sender: WebContents, ...args: Arguments<C>) => Promise<unknown> =
      handlers[channel];
    ipcMain.handle(channel, async (event, ...args: unknown[]) => {
      if (!isTrustedSender(event, ownIds)) throw new Error(`${channel}: refused for this sender`);
      const parsed = v.safeParse(ARGUMENT_SCHEMAS[channel], args);
      if (!parsed.success) throw new Error(`${channel}: ${v.summarize(parsed.issues)}`);
      // The schema of the channel made this value; TypeScript does not follow the index.
      return handler(event.sender, ...(parsed.output as Arguments<C>));
    });
  };
  register('capture:export');
  register('capture:open');
  register('capture:import');
  register('engine:connect');
  register('editor:open');
  register('theme:set');
}
