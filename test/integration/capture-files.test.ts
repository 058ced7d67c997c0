import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import type { BodyEncoding, IngestResult } from '../../electron/engine/config.ts';
import type { ExportReader } from '../../electron/engine/engine.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { exportCapture, exportToFile } from '../../electron/node/capture/export.ts';
import {
  importCapture,
  importFromFile,
  type ImportTarget,
} from '../../electron/node/capture/import.ts';
import type { ExportFormat } from '../../electron/node/host/control.ts';
import type { Operation } from '../../electron/node/host/operations.ts';
import { decodeRequest, encodeRequest } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

interface Request {
  readonly signal: Signal;
  readonly bytes: Uint8Array;
}

/** A target that keeps requests as protobuf bytes. */
class Keeper implements ImportTarget {
  readonly requests: Request[] = [];

  ingest(
    signal: Signal,
    chunks: readonly Uint8Array[],
    _byteLength: number,
    encoding: BodyEncoding,
  ): IngestResult {
    const body = Buffer.concat(chunks);
    if (encoding === 'protobuf') this.requests.push({ signal, bytes: body });
    else {
      const encoded = jsonToProto(signal, body);
      if (!encoded.ok) return encoded;
      this.requests.push({ signal, bytes: encoded.bytes.slice() });
    }
    return {
      ok: true,
      received: 1,
      accepted: 1,
      rejected: 0,
      duplicates: 0,
      rejections: [],
      invalidStrings: 0,
    };
  }
}

function readerOf(requests: readonly Request[]): ExportReader {
  let at = 0;
  return {
    totalBytes: 0,
    lost: 0,
    next: () => requests[at++] ?? null,
    close: () => undefined,
  };
}

function operation(signal = new AbortController().signal): Operation {
  return { signal, progress: () => undefined };
}

async function* once(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function exportBytes(
  requests: readonly Request[],
  format: ExportFormat,
  gzip = false,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportCapture(readerOf(requests), { format, gzip }, operation())) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whether the request holds an item that says something: more than five fields. */
function hasItems(request: Record<string, unknown>): boolean {
  const lists = (value: object): object[] =>
    Object.entries(value)
      .filter(([key]) =>
        /^(resource|scope)(Spans|Logs|Metrics|Profiles)$|^(spans|logRecords|metrics|profiles)$/.test(
          key,
        ),
      )
      .flatMap(([, list]) => list as object[]);
  const items = lists(request).flatMap(lists).flatMap(lists);
  return items.some((item) => Object.keys(item).length > 5);
}

const trace = (name: string): Request => ({
  signal: 'traces',
  bytes: encodeRequest('traces', {
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name }] },
        ],
      },
    ],
  }),
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flametail-capture-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ['otlp.jsonl', false],
  ['otlp.jsonl', true],
  ['otlp.pb', false],
  ['otlp.pb', true],
] as const)('%s, gzip %s', (format, gzip) => {
  it('gives back what was exported, exactly, for random requests of every signal', async () => {
    const seed = Date.now() >>> 0;
    const random = seededRandom(seed);
    const requests: Request[] = [];
    for (let round = 0; round < 25; round++) {
      for (const signal of SIGNALS) {
        const bytes = encodeRequest(signal, randomRequest(signal, random, { density: 0.9 }));
        // A request without items holds no telemetry: there is nothing to give back.
        if (hasItems(decodeRequest(signal, bytes))) requests.push({ signal, bytes });
      }
    }
    const file = await exportBytes(requests, format, gzip);
    const keeper = new Keeper();
    const result = await importCapture(keeper, once(file), operation());
    expect(result.skipped, `seed ${seed}`).toEqual([]);
    expect(keeper.requests.length, `seed ${seed}`).toBe(requests.length);
    keeper.requests.forEach((request, index) => {
      expect(request.signal).toBe(requests[index].signal);
      expect(decodeRequest(request.signal, request.bytes), `seed ${seed}, ${index}`).toEqual(
        decodeRequest(request.signal, requests[index].bytes),
      );
    });
    expect(
      (await exportBytes(keeper.requests, format)).equals(gzip ? gunzipSync(file) : file),
    ).toBe(true);
  });
});

describe('the files', () => {
  it('are one JSON object a line, or length-delimited protobuf', async () => {
    const requests = [trace('a'), trace('b')];
    const lines = (await exportBytes(requests, 'otlp.jsonl')).toString().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe('');
    expect(JSON.parse(lines[0])).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a', traceId: '01'.repeat(16) }] }] }],
    });
    const framed = await exportBytes(requests, 'otlp.pb');
    expect(framed.readUInt32BE(0)).toBe(requests[0].bytes.length);
    expect(framed.subarray(4, 4 + requests[0].bytes.length).equals(requests[0].bytes)).toBe(true);
  });

  it('appear under their name when they are complete', async () => {
    const path = join(folder, 'out.otlp.jsonl');
    const file = { format: 'otlp.jsonl', gzip: false } as const;
    const summary = await exportToFile(readerOf([trace('a')]), file, path, operation());
    expect(summary).toMatchObject({ requests: 1, lost: 0 });
    expect((await readFile(path)).length).toBe(summary.bytes);
    expect(await readdir(folder)).toEqual(['out.otlp.jsonl']);
  });

  it('are not there after a cancel, and what stood there before still is', async () => {
    const path = join(folder, 'out.otlp.pb.gz');
    await writeFile(path, 'before');
    const abort = new AbortController();
    let read = 0;
    const endless: ExportReader = {
      ...readerOf([]),
      next: () => {
        if (++read === 5000) abort.abort();
        return trace('again');
      },
    };
    const file = { format: 'otlp.pb', gzip: true } as const;
    await expect(exportToFile(endless, file, path, operation(abort.signal))).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await readdir(folder)).toEqual(['out.otlp.pb.gz']);
    expect(await readFile(path, 'utf8')).toBe('before');
  });

  it('leave nothing behind when the folder does not exist', async () => {
    const file = { format: 'otlp.pb', gzip: false } as const;
    const path = join(folder, 'absent', 'out.pb');
    await expect(
      exportToFile(readerOf([trace('a')]), file, path, operation()),
    ).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('importing', () => {
  async function importBytes(bytes: Uint8Array) {
    const keeper = new Keeper();
    const result = await importCapture(keeper, once(bytes, 7), operation());
    return { names: keeper.requests.map((request) => nameOf(request)), ...result };
  }

  function nameOf({ signal, bytes }: Request): unknown {
    const decoded = decodeRequest(signal, bytes) as {
      resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
    };
    return decoded.resourceSpans[0].scopeSpans[0].spans[0].name;
  }

  it('tells the format by content: a pretty-printed body behind a byte order mark', async () => {
    const line = (await exportBytes([trace('pretty')], 'otlp.jsonl')).toString();
    const pretty = `\ufeff\r\n${JSON.stringify(JSON.parse(line), null, 2)}`;
    const path = join(folder, 'named-wrong.pb');
    await writeFile(path, pretty);
    const keeper = new Keeper();
    const result = await importFromFile(keeper, path, operation());
    expect(result.skipped).toEqual([]);
    expect(keeper.requests.map(nameOf)).toEqual(['pretty']);
  });

  it('skips torn and foreign lines with where and why, and reads the rest', async () => {
    const [a, b] = (await exportBytes([trace('a'), trace('b')], 'otlp.jsonl'))
      .toString()
      .split('\n');
    const text = [a, b.slice(0, 40), '{"traceEvents":[]}', 'nonsense', b].join('\n');
    const result = await importBytes(Buffer.from(text));
    expect(result.names).toEqual(['a', 'b']);
    expect(result.skipped.map(({ where }) => where)).toEqual(['line 2', 'line 3', 'line 4']);
    expect(result.imported.spans).toBe(2);
  });

  it('skips an unreadable message and reads those behind it', async () => {
    const framed = await exportBytes([trace('a'), trace('b')], 'otlp.pb');
    const broken = Buffer.from([0, 0, 0, 3, 0x0a, 0x7f, 0x00]);
    const result = await importBytes(Buffer.concat([framed, broken, framed]));
    expect(result.names).toEqual(['a', 'b', 'a', 'b']);
    expect(result.skipped).toHaveLength(1);
    expect(result.skipped[0].where).toBe(`message 3 at byte ${framed.length}`);
  });

  it('reads a file that is cut off at any byte up to the cut', async () => {
    const framed = await exportBytes([trace('a'), trace('b')], 'otlp.pb');
    const first = 4 + framed.readUInt32BE(0);
    for (let cut = first; cut < framed.length; cut++) {
      const result = await importBytes(framed.subarray(0, cut));
      expect(result.names).toEqual(['a']);
      expect(result.skipped).toHaveLength(cut === first ? 0 : 1);
    }
  });

  it('reads a gzip file that is cut off up to the cut', async () => {
    const requests = Array.from({ length: 2000 }, (_, i) => trace(`span ${i * 7919}`));
    const zipped = gzipSync(await exportBytes(requests, 'otlp.jsonl'));
    const result = await importBytes(zipped.subarray(0, zipped.length >> 1));
    expect(result.names.length).toBeGreaterThan(100);
    expect(result.skipped.at(-1)?.where).toBe('the end of the gzip stream');
  });

  it('takes an empty file for an empty capture', async () => {
    expect((await importBytes(new Uint8Array())).imported.spans).toBe(0);
    expect((await importBytes(Buffer.from('\n \n'))).skipped).toEqual([]);
  });

  it('refuses a file of another kind as a whole', async () => {
    for (const text of ['PK\u0003\u0004', '[1,2]', 'plain text', '\u0000\u0000\u0000\u0010zzzz']) {
      await expect(importBytes(Buffer.from(text, 'latin1'))).rejects.toMatchObject({
        code: 'badFile',
      });
    }
  });

  it('keeps the list of what was skipped short', async () => {
    const result = await importBytes(Buffer.from(`{}\n${'x\n'.repeat(500)}`));
    expect(result.skipped).toHaveLength(101);
    expect(result.skipped.at(-1)?.reason).toBe('401 more were skipped.');
  });

  it('stops at a cancel', async () => {
    const abort = new AbortController();
    const line = await exportBytes([trace('a')], 'otlp.jsonl');
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 100) abort.abort();
        yield line;
      }
    }
    const keeper = new Keeper();
    await expect(importCapture(keeper, endless(), operation(abort.signal))).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(keeper.requests.length).toBeLessThan(110);
  });
});
