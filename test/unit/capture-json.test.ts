import { describe, expect, it } from 'vitest';
import { splitJson, type JsonPiece } from '../../electron/node/capture/json-values.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function split(text: string, chunkSize = 1 << 20, maxBytes?: number): Promise<string[]> {
  const pieces: JsonPiece[] = [];
  for await (const piece of splitJson(chunksOf(Buffer.from(text), chunkSize), maxBytes)) {
    pieces.push(piece);
  }
  return pieces.map((piece) =>
    piece.type === 'skipped'
      ? `${piece.line} skipped: ${piece.reason}`
      : `${piece.line} ${piece.signals.join('+')}: ${Buffer.from(piece.bytes).toString().replaceAll('\n', '|')}`,
  );
}

const SPANS = '{"resourceSpans":[{"scopeSpans":[]}]}';
const LOGS = '{"resourceLogs":[{"resource":{"attributes":[]}}]}';

describe('splitting JSON', () => {
  it('finds one object a line, also without a last line feed and with CRLF', async () => {
    expect(await split(`${SPANS}\r\n${LOGS}`)).toEqual([`1 traces: ${SPANS}`, `2 logs: ${LOGS}`]);
  });

  it('finds one object over many lines', async () => {
    const pretty = JSON.stringify(JSON.parse(SPANS), null, 2);
    expect(await split(`\n${pretty}\n`)).toEqual([`2 traces: ${pretty.replaceAll('\n', '|')}`]);
  });

  it('gives the same pieces wherever the chunks are cut', async () => {
    const text = `${SPANS}\n{"resourceLogs":[{"a":"}\\"]{\\\\"}]}\n${LOGS}\n`;
    const whole = await split(text);
    expect(whole).toHaveLength(3);
    for (let size = 1; size < 20; size++) expect(await split(text, size)).toEqual(whole);
  });

  it('goes on behind a line that is torn inside a text', async () => {
    expect(await split(`{"resourceSpans":[{"name":"chec\n${LOGS}\n`)).toEqual([
      '1 skipped: The object is cut off before its end.',
      `2 logs: ${LOGS}`,
    ]);
  });

  it('goes on behind a line that is torn between values', async () => {
    expect(await split(`{"resourceSpans":[{"scope\":[{\n${LOGS}\n${SPANS}`)).toEqual([
      '1 skipped: The object is cut off before its end.',
      `2 logs: ${LOGS}`,
      `3 traces: ${SPANS}`,
    ]);
  });

  it('says so when the last object is cut off', async () => {
    expect(await split(`${SPANS}\n{"resourceSpans":[`)).toEqual([
      `1 traces: ${SPANS}`,
      '2 skipped: The object is cut off before its end.',
    ]);
  });

  it('skips a line that is no object and goes on', async () => {
    expect(await split(`hello\n${SPANS}`)).toEqual([
      '1 skipped: This is not a JSON object.',
      `2 traces: ${SPANS}`,
    ]);
  });

  it('reads the signal from the outermost keys alone', async () => {
    const nested = '{"other":{"resourceSpans":[]},"value":"resourceLogs"}';
    expect(await split(nested)).toEqual([`1 : ${nested}`]);
    const late = '{"dictionary":{"x":[1]},"resourceProfiles":[]}';
    expect(await split(late)).toEqual([`1 profiles: ${late}`]);
  });

  it('passes over an object that is too long, on one line or on many', async () => {
    const long = `{"resourceSpans":["${'x'.repeat(200)}"]}`;
    expect(await split(`${long}\n${SPANS}`, 16, 100)).toEqual([
      '1 skipped: The line is longer than 100 bytes.',
      `2 traces: ${SPANS}`,
    ]);
    const lines = `{"resourceSpans":[\n${'"0123456789",\n'.repeat(20)}`;
    const pieces = await split(`${lines}`, 16, 100);
    expect(pieces[0]).toBe('1 skipped: The object is longer than 100 bytes.');
  });
});
