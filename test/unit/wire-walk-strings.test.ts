import { describe, expect, it } from 'vitest';
import { type TextShape, walkStrings } from '../../electron/engine/wire/walk-strings.ts';
import { Writer } from '../../electron/engine/wire/writer.ts';
import { encodeMessage, type Plain, protoType } from '../support/otlp/proto-root.ts';
import { randomMessage } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

function textsOf(shape: TextShape, bytes: Uint8Array): string[] {
  const texts: string[] = [];
  walkStrings(shape, bytes, 0, bytes.length, {
    text(source, start, end) {
      texts.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(source.subarray(start, end)));
      return false;
    },
  });
  return texts;
}

const FULL_NAME: Readonly<Record<TextShape, string>> = {
  span: 'opentelemetry.proto.trace.v1.Span',
  logRecord: 'opentelemetry.proto.logs.v1.LogRecord',
  number: 'opentelemetry.proto.metrics.v1.NumberDataPoint',
  histogram: 'opentelemetry.proto.metrics.v1.HistogramDataPoint',
  exponentialHistogram: 'opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint',
  summary: 'opentelemetry.proto.metrics.v1.SummaryDataPoint',
  resource: 'opentelemetry.proto.resource.v1.Resource',
  scope: 'opentelemetry.proto.common.v1.InstrumentationScope',
};

/** Every string of a decoded message but keys and entity references. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  return Object.entries(value as Plain).flatMap(([key, inner]) =>
    key === 'key' || key === 'entityRefs' ? [] : stringsOf(inner),
  );
}

describe('walkStrings', () => {
  it.each(Object.keys(FULL_NAME) as TextShape[])('visits every text of a %s', (shape) => {
    const type = protoType(FULL_NAME[shape]);
    for (let seed = 900; seed < 940; seed++) {
      const message = randomMessage(type, seededRandom(seed));
      const bytes = encodeMessage(type, message);
      // Empty texts are not on the wire everywhere; nothing can be found in them either.
      const ours = textsOf(shape, bytes).filter((text) => text !== '');
      const theirs = stringsOf(message).filter((text) => text !== '');
      expect(ours.sort(), `seed ${seed}`).toEqual(theirs.sort());
    }
  });

  it('ends when the visitor has seen enough', () => {
    const bytes = encodeMessage(protoType(FULL_NAME.span), {
      name: 'first',
      status: { message: 'second' },
    });
    let visits = 0;
    const found = walkStrings('span', bytes, 0, bytes.length, {
      text: () => {
        visits++;
        return true;
      },
    });
    expect([found, visits]).toEqual([true, 1]);
  });

  it('ends at damage with the texts before it', () => {
    const out = new Writer();
    out.stringField(5, 'n');
    out.bytesField(9, Uint8Array.of(0x12, 100));
    expect(textsOf('span', out.finish())).toEqual(['n']);
  });

  it('does not follow values without end', () => {
    let value = new Uint8Array(0);
    for (let depth = 0; depth < 3000; depth++) {
      const out = new Writer(value.length + 16);
      const array = out.open(5);
      out.bytesField(1, value);
      out.close(array);
      value = out.finish();
    }
    const out = new Writer();
    out.bytesField(5, value);
    out.stringField(12, 'event');
    expect(textsOf('logRecord', out.finish())).toEqual(['event']);
  });
});
