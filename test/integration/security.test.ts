/** Hostile telemetry in the program's own process, where damage to its objects would show. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace, rawRequest, type Served, type Workspace } from '../support/serve-inline.ts';

let workspace: Workspace;
let served: Served;

beforeAll(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
});
afterAll(() => workspace.close());

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__.x'];
const ESCAPES = '\u001b[2J\u001b]0;title\u0007\u009b31m\r\n\u202e\u0000end';

async function send(service: string): Promise<void> {
  const attributes = KEYS.map((key) => ({ key, value: { stringValue: key } }));
  const nested = { key: '__proto__', value: { kvlistValue: { values: attributes } } };
  const body = {
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: service } },
            { key: 'telemetry.sdk.language', value: { stringValue: service } },
            ...attributes,
          ],
        },
        scopeSpans: [
          {
            scope: { name: '__proto__', attributes },
            spans: [
              {
                traceId: Buffer.from(service.padEnd(16)).toString('hex').slice(0, 32),
                spanId: '0000000000000001',
                name: service,
                startTimeUnixNano: '5',
                attributes: [...attributes, nested],
              },
            ],
          },
        ],
      },
    ],
  };
  // As keys of the JSON itself, too.
  const text = JSON.stringify(body).replace(
    '{"resourceSpans"',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"resourceSpans"',
  );
  const answer = await rawRequest(new URL('/v1/traces', served.instance.otlpHttp), {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: text },
  });
  expect(answer.status).toBe(200);
}

function call(method: string, path: string, body = ''): ReturnType<typeof rawRequest> {
  const headers = { authorization: `Bearer ${served.instance.token}` };
  return rawRequest(new URL(`api/v1/${path}`, served.instance.ui), { method, headers, body });
}

describe('keys that name parts of every object', () => {
  it('are telemetry like any other, and change no object', async () => {
    const before = Reflect.ownKeys(Object.prototype);
    for (const key of KEYS) await send(key);
    const { sources } = JSON.parse((await call('GET', 'status')).body) as {
      sources: { name: string }[];
    };
    expect(sources.map(({ name }) => name).sort()).toEqual([...KEYS].sort());
    expect((await call('GET', 'traces?service=__proto__')).body).toContain('"matched":1');
    const exported = await call('GET', 'export?format=otlp.jsonl');
    expect(exported.body).toContain('{"key":"__proto__","value":{"stringValue":"__proto__"}}');
    await call('POST', 'import', exported.body);
    const clear = await call('POST', 'clear', '{"__proto__":{"signal":"all"}}');
    expect(clear.status).toBe(400);
    expect((await call('GET', '__proto__')).status).toBe(404);
    expect((await call('GET', 'constructor/')).status).toBe(404);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });
});

describe('terminal escapes in telemetry', () => {
  it('are written out by every command that prints it', async () => {
    await send(ESCAPES);
    const runs = [
      await workspace.run('stats'),
      await workspace.run('stats', '--json'),
      await workspace.run('export', '-o', `${workspace.folder}/absent/${ESCAPES}.pb`),
      await workspace.run('import', `${workspace.folder}/${ESCAPES}.otlp.jsonl`),
      await workspace.run('export', '-o', '-', '--signal', ESCAPES),
      await workspace.run(ESCAPES, '--no-open', `--${ESCAPES}`),
    ];
    expect(runs[0].out).toContain('\\u{1b}[2J');
    for (const { out, err } of runs) {
      const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.exec(out + err);
      expect(control && JSON.stringify((out + err).slice(control.index, control.index + 30))).toBe(
        null,
      );
    }
  });
});
