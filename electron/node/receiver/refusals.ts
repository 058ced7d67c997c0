/** Why a request is refused, and what that is in HTTP and in gRPC. */
import type { RefusalCode } from '../../engine/config.ts';

/** Codes of google.rpc.Status, which are the gRPC status codes too. */
export const RPC_CODE = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** One of RPC_CODE. */
export type RpcCode = (typeof RPC_CODE)[keyof typeof RPC_CODE];

/** The engine's refusals, and those that only a transport knows. */
export type Refusal =
  | RefusalCode
  | 'badCompression'
  | 'foreignOrigin'
  | 'unknownPath'
  | 'internal'
  | 'overloaded'
  | 'tooSlow';

/** What a refusal is on each transport. */
export interface RefusalAnswer {
  readonly httpStatus: number;
  /** Code of the google.rpc.Status in the HTTP body, and the gRPC status. */
  readonly rpcCode: RpcCode;
}

/**
 * The one mapping of refusals. Clients retry 429, 502, 503 and 504, UNAVAILABLE, and
 * RESOURCE_EXHAUSTED with a RetryInfo; everything here but `overloaded` and `tooSlow` is final for them.
 */
export const REFUSALS: Readonly<Record<Refusal, RefusalAnswer>> = {
  malformed: { httpStatus: 400, rpcCode: RPC_CODE.invalidArgument },
  tooDeep: { httpStatus: 400, rpcCode: RPC_CODE.invalidArgument },
  unsupported: { httpStatus: 400, rpcCode: RPC_CODE.invalidArgument },
  badCompression: { httpStatus: 400, rpcCode: RPC_CODE.invalidArgument },
  tooLarge: { httpStatus: 413, rpcCode: RPC_CODE.resourceExhausted },
  foreignOrigin: { httpStatus: 403, rpcCode: RPC_CODE.permissionDenied },
  unknownPath: { httpStatus: 404, rpcCode: RPC_CODE.notFound },
  internal: { httpStatus: 500, rpcCode: RPC_CODE.internal },
  tooSlow: { httpStatus: 408, rpcCode: RPC_CODE.deadlineExceeded },
  overloaded: { httpStatus: 503, rpcCode: RPC_CODE.unavailable },
};

/** What a client is told to wait when the receiver is overloaded. */
export const RETRY_DELAY_MS = 1000;
