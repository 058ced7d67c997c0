import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { encodeStatus, encodeSuccess } from '../../electron/engine/wire/answers.ts';
import {
  decodeMessage,
  decodeResponse,
  type Plain,
  protoType,
} from '../support/otlp/proto-root.ts';

const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const FIELD = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  profiles: 'rejectedProfiles',
} as const;

describe('answers', () => {
  it('say full success with no bytes and with {}', () => {
    for (const signal of SIGNALS) {
      expect(encodeSuccess(signal, 'protobuf')).toHaveLength(0);
      expect(json(encodeSuccess(signal, 'json'))).toEqual({});
    }
  });

  it('say partial success in the words of each signal', () => {
    const message = `${'ß'.repeat(100)} bad`;
    for (const signal of SIGNALS) {
      const partial = { rejected: 5_000_000_000, message };
      expect(decodeResponse(signal, encodeSuccess(signal, 'protobuf', partial))).toEqual({
        partialSuccess: { [FIELD[signal]]: 5_000_000_000n, errorMessage: message },
      });
      expect(json(encodeSuccess(signal, 'json', partial))).toEqual({
        partialSuccess: { [FIELD[signal]]: '5000000000', errorMessage: message },
      });
    }
  });

  it('give a warning as no refused items and a message', () => {
    expect(
      decodeResponse('logs', encodeSuccess('logs', 'protobuf', { rejected: 0, message: 'late' })),
    ).toEqual({ partialSuccess: { errorMessage: 'late' } });
  });

  it('refuse with a google.rpc.Status and its details', () => {
    const status = decodeMessage(
      protoType('google.rpc.Status'),
      encodeStatus('protobuf', {
        code: 3,
        message: 'kaputt',
        fieldViolations: [{ field: 'span', description: 'd'.repeat(300) }],
        retryDelayMs: 1500,
      }),
    );
    const [badRequest, retryInfo] = status['details'] as Plain[];
    expect(status).toMatchObject({ code: 3, message: 'kaputt' });
    expect(badRequest['typeUrl']).toBe('type.googleapis.com/google.rpc.BadRequest');
    expect(
      decodeMessage(protoType('google.rpc.BadRequest'), badRequest['value'] as Uint8Array),
    ).toEqual({ fieldViolations: [{ field: 'span', description: 'd'.repeat(300) }] });
    expect(
      decodeMessage(protoType('google.rpc.RetryInfo'), retryInfo['value'] as Uint8Array),
    ).toEqual({ retryDelay: { seconds: 1n, nanos: 500_000_000 } });
  });

  it('refuse in JSON with a number for the code', () => {
    expect(json(encodeStatus('json', { code: 14, message: 'busy', retryDelayMs: 1000 }))).toEqual({
      code: 14,
      message: 'busy',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }],
    });
    expect(json(encodeStatus('json', { code: 3, message: 'bad' }))).toEqual({
      code: 3,
      message: 'bad',
    });
  });
});
