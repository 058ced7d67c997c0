/** What the Connect screen concludes from the status: readiness, the endpoint to use, the steps. */
import type { ReceiverState, StatusMeta } from '../../../proto/live/topics.ts';
import type { Endpoint } from './commands.ts';

/** The default ports, shown until the first status says otherwise. */
const DEFAULT_HTTP_PORT = 4318;

/** The three steps: how far a newcomer has come. */
export interface Steps {
  readonly isUp: boolean;
  readonly hasSender: boolean;
  readonly hasTrace: boolean;
}

/** The headline: what is true now. */
export interface Readiness {
  readonly title: string;
  readonly line: string;
}

function isListening(receiver: ReceiverState | undefined): boolean {
  return receiver?.state === 'listening';
}

function receiverOf(
  status: StatusMeta | undefined,
  protocol: ReceiverState['protocol'],
): ReceiverState | undefined {
  return status?.receivers.find((receiver) => receiver.protocol === protocol);
}

/** Where to send: HTTP when it listens, gRPC when only that does. */
export function endpointOf(status: StatusMeta | undefined): Endpoint {
  const http = receiverOf(status, 'http');
  const grpc = receiverOf(status, 'grpc');
  if (grpc !== undefined && isListening(grpc) && !isListening(http)) {
    return { url: `http://localhost:${grpc.port}`, protocol: 'grpc' };
  }
  return {
    url: `http://localhost:${http?.port ?? DEFAULT_HTTP_PORT}`,
    protocol: 'http/protobuf',
  };
}

/** The URL of the HTTP receiver, for what cannot speak gRPC. */
export function httpUrlOf(status: StatusMeta | undefined): string {
  return `http://localhost:${receiverOf(status, 'http')?.port ?? DEFAULT_HTTP_PORT}`;
}

/** True when every bound address is this computer's own. */
function isLoopbackOnly(status: StatusMeta): boolean {
  const hosts = status.receivers.flatMap((receiver) => receiver.hosts);
  return hosts.every((host) => host === '::1' || host === 'localhost' || host.startsWith('127.'));
}

export function stepsOf(status: StatusMeta | undefined): Steps {
  return {
    isUp: status?.receivers.some(isListening) ?? false,
    hasSender: (status?.counts.services ?? 0) > 0,
    hasTrace: (status?.counts.traces ?? 0) > 0,
  };
}

/** What the first step says below its name. */
export function receiverLine(status: StatusMeta | undefined): string {
  if (status === undefined) return 'Waiting for the engine';
  const up = status.receivers.filter(isListening);
  if (up.length === status.receivers.length) {
    return 'Both ports are open, browsers may send too (CORS on)';
  }
  const [only] = up;
  if (only === undefined) return 'No port is open. See above for the reason.';
  return only.protocol === 'http'
    ? 'Only HTTP is open: set the protocol to http/protobuf'
    : 'Only gRPC is open: set the protocol to grpc';
}

export function readinessOf(status: StatusMeta | undefined): Readiness {
  if (status === undefined) return { title: 'Starting', line: 'Waiting for the engine.' };
  const where = isLoopbackOnly(status)
    ? 'Listening on this computer only.'
    : 'Listening on the network: other computers can send here.';
  const steps = stepsOf(status);
  if (!steps.isUp) {
    const isStarting = status.receivers.some(({ state }) => state === 'starting');
    return isStarting
      ? { title: 'Starting', line: 'Opening the ports.' }
      : { title: 'Not receiving', line: 'No port is open.' };
  }
  if (steps.hasSender) return { title: 'Receiving', line: where };
  return { title: 'Ready for your first span', line: where };
}
