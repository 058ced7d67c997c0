/** Frames of the live protocol wherever their bytes lie. */
import { expect, it } from 'vitest';
import { decodeFrame, encodeFrame, type Frame } from '../../proto/live/frame.ts';

const FRAME: Frame = {
  sub: 3,
  seq: 7,
  kind: 'snapshot',
  meta: { total: 2 },
  columns: { time: new Float64Array([1.5, 2.5]), kind: new Uint8Array([1, 2, 3]) },
};

it.each([0, 1, 4, 8])('a frame is read at byte %i of a Node Buffer', (offset) => {
  const bytes = encodeFrame(FRAME);
  const room = Buffer.from(new ArrayBuffer(offset + bytes.byteLength));
  room.set(bytes, offset);
  const { columns, ...head } = decodeFrame(room.subarray(offset));
  expect({ ...head, columns: { ...columns } }).toEqual(FRAME);
});

it('the columns are views of a frame that begins at a multiple of 8, and copies of others', () => {
  const bytes = encodeFrame(FRAME);
  expect(decodeFrame(bytes).columns['time']?.buffer).toBe(bytes.buffer);
  const shifted = Buffer.from(new ArrayBuffer(1 + bytes.byteLength));
  shifted.set(bytes, 1);
  const { columns } = decodeFrame(shifted.subarray(1));
  shifted.fill(0);
  expect([...(columns['time'] ?? [])]).toEqual([1.5, 2.5]);
});
