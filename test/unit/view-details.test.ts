import { describe, expect, it } from 'vitest';
import { spanDetail } from '../../electron/engine/view/details.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { openStore, takeGood } from '../support/store-bodies.ts';

describe('the raw JSON of a span', () => {
  it('keeps a negative zero', () => {
    const { store } = openStore();
    const span = {
      traceId: new Uint8Array(16).fill(1),
      spanId: new Uint8Array(8).fill(2),
      attributes: [{ key: 'drift', value: { doubleValue: -0 } }],
    };
    const body = encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    takeGood(store, 'traces', body);
    expect(spanDetail(store, 0).rawJson).toContain('"doubleValue": -0\n');
  });
});
