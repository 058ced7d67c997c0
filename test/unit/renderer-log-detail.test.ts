import { describe, expect, it } from 'vitest';
import type { JsonAttribute, LogDetail } from '../../proto/live/methods.ts';
import { readBrush, withBrush } from '../../renderer/session/log-brush.ts';
import { codeOf } from '../../renderer/features/logs/log-code.ts';
import { recordsOtlp, recordText } from '../../renderer/features/logs/log-copy.ts';
import { attributesBeside, exceptionOf } from '../../renderer/features/logs/log-exception.ts';
import { attributeRuns } from '../../renderer/features/logs/log-rows.ts';
import { isStorm, shownOneOf } from '../../renderer/features/logs/log-storm.ts';
import { breakText, lineAt } from '../../renderer/features/logs/text-lines.ts';

const text = (key: string, value: string): JsonAttribute => ({
  key,
  value: { type: 'string', value },
});

const PYTHON = `Traceback (most recent call last):
  File "/app/charges/routes.py", line 37, in post_charge
    return create_charge(order)
  File "/usr/lib/python3.12/site-packages/httpx/_client.py", line 825, in request
    return self.send(request)
httpx.ReadTimeout: timed out
`;

function detailOf(attributes: readonly JsonAttribute[]): LogDetail {
  const shared = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' };
  return {
    row: 1,
    timeUnixNano: '1700000000000000000',
    observedTimeUnixNano: '1700000000000000000',
    severityNumber: 17,
    severityText: 'ERROR',
    eventName: '',
    service: 'payments',
    body: { type: 'string', value: '\u001b[31mReadTimeout\u001b[0m from psp' },
    attributes,
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '9f3c41',
    spanId: '',
    spanName: '',
    resource: { ...shared, attributes: [text('telemetry.sdk.language', 'python')] },
    scope: { ...shared, name: 'psp', version: '' },
    rawJson: '{"severityNumber":17}',
    wireBytes: 10,
  };
}

describe('the exception of a record', () => {
  const detail = detailOf([
    text('order', '8812'),
    text('exception.type', 'httpx.ReadTimeout'),
    text('exception.stacktrace', PYTHON),
  ]);

  it('has own frames first, and library frames in one fold', () => {
    const groups = exceptionOf(detail)?.parts[0]?.groups.map((group) =>
      group.type === 'own'
        ? `${group.frame.fn} ${group.frame.file}:${group.frame.line}`
        : `${group.frames.length} of ${group.names}`,
    );
    expect(groups).toEqual(['post_charge /app/charges/routes.py:37', '1 of httpx']);
  });

  it('takes its attributes out of the list, and no others', () => {
    const rest = attributesBeside(detail.attributes, exceptionOf(detail));
    expect(rest.map(({ key }) => key)).toEqual(['order']);
  });

  it('is none without its attributes', () => {
    expect(exceptionOf(detailOf([text('order', '8812')]))).toBeUndefined();
  });
});

describe('records as texts', () => {
  it('copies plain text, without terminal sequences', () => {
    expect(recordText(detailOf([text('order', '8812')]))).toMatch(
      /^2023-11-1\d .+ ERROR payments ReadTimeout from psp order=8812 trace=9f3c41$/,
    );
  });

  it('saves one LogsData a line, with resource and scope', () => {
    const lines = recordsOtlp([detailOf([]), detailOf([])])
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      resourceLogs: [
        {
          resource: {
            attributes: [{ key: 'telemetry.sdk.language', value: { stringValue: 'python' } }],
          },
          scopeLogs: [{ scope: { name: 'psp' }, logRecords: [{ severityNumber: 17 }] }],
        },
      ],
    });
  });
});

describe('long texts', () => {
  const linesOf = (value: string, columns: number): string[] => {
    const broken = breakText(value, columns);
    return Array.from({ length: broken.lineCount }, (_, line) => lineAt(broken, line));
  };

  it('break at line feeds and at the width', () => {
    expect(linesOf('abcdefgh\nij\n\nk', 3)).toEqual(['abc', 'def', 'gh', 'ij', '', 'k']);
    expect(linesOf('', 3)).toEqual(['']);
    expect(linesOf('abc\n', 3)).toEqual(['abc', '']);
    expect(linesOf('abcabc', 3)).toEqual(['abc', 'abc']);
  });

  it('keep every character of a text of megabytes', () => {
    const long = 'line of a text\n'.repeat(100_000) + 'x'.repeat(1_000_000);
    const broken = breakText(long, 120);
    let length = 0;
    for (let line = 0; line < broken.lineCount; line++) length += lineAt(broken, line).length;
    expect(length + 100_000).toBe(long.length);
  });
});

describe('attributes in a row', () => {
  it('tell keys from values', () => {
    const runs = attributeRuns('route=/a?b=c text=two words');
    expect(runs.map(({ text: run, tone }) => (tone === 'key' ? `<${run}>` : run)).join('|')).toBe(
      '< route=>|/a?b=c|< text=>|two words',
    );
  });
});

describe('a brush of time', () => {
  const filter = { text: 'a or b', services: [], notServices: [] };

  it('keeps the query whole', () => {
    expect(withBrush(filter, readBrush('5', '9')).text).toBe('(a or b) start>=5 start<9');
    expect(withBrush({ ...filter, text: '' }, readBrush('5', '9')).text).toBe('start>=5 start<9');
  });

  it('is none when the URL names none', () => {
    expect(readBrush('', '')).toBeUndefined();
    expect(readBrush('9', '5')).toBeUndefined();
    expect(readBrush('1e9', '5')).toBeUndefined();
    expect(withBrush(filter, undefined)).toBe(filter);
  });
});

describe('a storm', () => {
  it('begins above 2,000 records a second, and ends with room below', () => {
    expect([1900, 2100].map((rate) => isStorm(rate, false))).toEqual([false, true]);
    expect([1900, 1500].map((rate) => isStorm(rate, true))).toEqual([true, false]);
  });

  it('shows the newest page of ten frames a second', () => {
    expect(shownOneOf(3200, 40)).toBe(8);
    expect(shownOneOf(10, 40)).toBe(1);
  });
});

describe('the source of a record', () => {
  it('is read from code attributes, also from retired ones', () => {
    const line: JsonAttribute = { key: 'code.line.number', value: { type: 'int', value: '37' } };
    const retiredLine: JsonAttribute = { key: 'code.lineno', value: { type: 'int', value: '37' } };
    const place = { file: '/app/routes.py', line: 37, fn: 'post_charge' };
    expect(
      codeOf(
        detailOf([
          text('code.file.path', '/app/routes.py'),
          line,
          text('code.function.name', 'post_charge'),
        ]),
      ),
    ).toMatchObject(place);
    expect(
      codeOf(
        detailOf([
          text('code.filepath', '/app/routes.py'),
          retiredLine,
          text('code.function', 'post_charge'),
        ]),
      ),
    ).toMatchObject(place);
  });

  it('is none when no file is named', () => {
    expect(codeOf(detailOf([text('code.function.name', 'post_charge')]))).toBeUndefined();
  });
});
