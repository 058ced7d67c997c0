/** The methods that the process around the engine answers: it owns sockets, files and operations. */
import type { MethodName, Methods } from '../../../proto/live/methods.ts';

export type HostMethodName = Extract<
  MethodName,
  `receiver.${string}` | `testTrace.${string}` | `operation.${string}` | `journal.${string}`
>;

/**
 * One async function a method. Parameters are checked before the call. A rejection with LiveFailure
 * reaches the client as it is, any other as `failed` with the error's message.
 */
export type HostMethods = {
  readonly [M in HostMethodName]: (params: Methods[M]['params']) => Promise<Methods[M]['result']>;
};
