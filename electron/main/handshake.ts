/** The line that tells the launcher on stdout that the window is up. */
import { HANDSHAKE_EVENT } from '../node/host/launch-args.ts';
import type { ReceiverProtocol, ReceiverState } from '../../proto/live/topics.ts';

/** An IPv6 address in brackets, others as they are. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function address(receivers: readonly ReceiverState[], protocol: ReceiverProtocol): string | null {
  const state = receivers.find((each) => each.protocol === protocol && each.state === 'listening');
  const host = state?.hosts[0];
  return state === undefined || host === undefined
    ? null
    : `${bracketed(host)}:${String(state.port)}`;
}

/** One line of JSON. Addresses are null for receivers that do not listen. */
export function readyLine(
  version: string,
  receivers: readonly ReceiverState[],
  pid: number,
): string {
  const http = address(receivers, 'http');
  const otlpGrpc = address(receivers, 'grpc');
  const otlpHttp = http === null ? null : `http://${http}`;
  return `${JSON.stringify({ event: HANDSHAKE_EVENT, version, otlpHttp, otlpGrpc, pid })}\n`;
}
