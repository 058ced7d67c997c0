/** Errors of the HTTP API: one table from code to status, one JSON form. */
import type { ServerResponse } from 'node:http';
import { LiveFailure, type LiveErrorCode } from '../../../proto/live/protocol.ts';
import { HostFailure } from '../host/failure.ts';

const STATUS_OF = {
  badRequest: 400,
  badQuery: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  cancelled: 409,
  evicted: 410,
  tooLarge: 413,
  badFile: 422,
  failed: 500,
  busy: 503,
  unavailable: 503,
} as const;

export type ApiErrorCode = keyof typeof STATUS_OF;

/** Where a query is wrong, in UTF-16 units of its text: [from, to). */
export interface QueryRange {
  readonly from: number;
  readonly to: number;
}

/** An error that is answered as `{"error":{"code","message"}}`, for a query with its `from` and `to`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly range: QueryRange | null;

  constructor(code: ApiErrorCode, message: string, range: QueryRange | null = null) {
    super(message);
    this.code = code;
    this.range = range;
  }

  get status(): number {
    return STATUS_OF[this.code];
  }
}

/** The API's error for anything thrown behind it. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof LiveFailure) return ofLive(error);
  if (error instanceof HostFailure) {
    const { code } = error;
    return new ApiError(
      code === 'badFile' || code === 'cancelled' ? code : 'failed',
      error.message,
    );
  }
  return new ApiError('failed', error instanceof Error ? error.message : String(error));
}

function ofLive({ code, message, from, to }: LiveFailure): ApiError {
  if (from === undefined || to === undefined) return new ApiError(codeOfLive(code), message);
  return new ApiError('badQuery', message, { from, to });
}

function codeOfLive(code: LiveErrorCode): ApiErrorCode {
  switch (code) {
    case 'badMessage':
    case 'badParams':
      return 'badRequest';
    case 'unknownMethod':
    case 'unknownTopic':
    case 'notFound':
      return 'notFound';
    case 'evicted':
    case 'busy':
    case 'failed':
    case 'cancelled':
      return code;
    case 'disconnected':
      return 'unavailable';
  }
}

/** Answers with JSON and ends the response. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, 'application/json', JSON.stringify(value));
}

/** Answers with text of a media type and ends the response. Never cached. */
export function sendText(
  response: ServerResponse,
  status: number,
  mediaType: string,
  text: string,
): void {
  response.writeHead(status, {
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** Answers with an error, or breaks the connection when an answer is under way already. */
export function sendError(response: ServerResponse, error: ApiError): void {
  if (response.headersSent) response.destroy();
  else {
    const { status, code, message, range } = error;
    sendJson(response, status, { error: { code, message, ...range } });
  }
}
