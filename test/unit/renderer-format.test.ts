import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatBytesOf,
  formatClock,
  formatCount,
  formatDifference,
  formatDuration,
  formatElapsed,
  formatExactTime,
  formatItems,
  formatOffset,
  formatPercent,
  formatRate,
  formatReach,
  shortId,
} from '../../renderer/base/format.ts';

/** Units are tied to their numbers by a no-break space; the tables below use plain ones. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('formats', () => {
  it.each([
    [0, '0 ns'],
    [412, '412 ns'],
    [999.6, '1.00 µs'],
    [8630, '8.63 µs'],
    [9996, '10.0 µs'],
    [999_600, '1.00 ms'],
    [24_500_000, '24.5 ms'],
    [982_000_000, '982 ms'],
    [999_999_999, '1.00 s'],
    [1_284_000_000, '1.28 s'],
    [47e9, '47.0 s'],
    [59.96e9, '1 m'],
    [183e9, '3 m 3 s'],
    [7500e9, '2 h 5 m'],
    [3599.9e9, '1 h'],
    [90_000e9, '1 d 1 h'],
    [-8e6, '\u22128.00 ms'],
    [Infinity, '\u2013'],
  ])('shows a duration of %d ns as %s', (ns, text) => {
    expect(plain(formatDuration(ns))).toBe(text);
  });

  it('shows differences and offsets with their sign', () => {
    expect(plain(formatDifference(64e6))).toBe('+64.0 ms');
    expect(plain(formatDifference(-8e6))).toBe('\u22128.00 ms');
    expect(plain(formatDifference(0))).toBe('0 ms');
    expect(plain(formatOffset(634e6))).toBe('+634 ms');
  });

  it.each([
    [0, '0'],
    [1204, '1,204'],
    [9999, '9,999'],
    [12_431, '12.4k'],
    [99_960, '100k'],
    [999_600, '1.0M'],
    [3_100_000, '3.1M'],
    [2.04e9, '2.0G'],
    [1e18, '1.0e18'],
  ])('shows a count of %d as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it('shows rates with two digits below ten and whole above', () => {
    expect(formatRate(4.93)).toBe('4.9/s');
    expect(formatRate(38.2)).toBe('38/s');
    expect(formatRate(0)).toBe('0/s');
    expect(formatRate(0.01)).toBe('<0.1/s');
  });

  it('shows bytes in decimal units', () => {
    expect(plain(formatBytes(412))).toBe('412 B');
    expect(plain(formatBytes(1_400_000))).toBe('1.4 MB');
    expect(plain(formatBytes(999_600))).toBe('1 MB');
    expect(plain(formatBytesOf(196e6, 512e6))).toBe('196 of 512 MB');
    expect(plain(formatBytesOf(0, 2 ** 30))).toBe('0 of 1.07 GB');
    expect(plain(formatBytesOf(2000, 2 ** 30))).toBe('2 kB of 1.07 GB');
    expect(plain(formatBytesOf(42.2e6, 2 ** 30))).toBe('42 MB of 1.07 GB');
    expect(plain(formatBytesOf(999.6e6, 2e9))).toBe('1 of 2 GB');
  });

  it('shows the date of a clock only when it is another day', () => {
    const at = new Date(2026, 6, 31, 14, 32, 5, 118).getTime();
    expect(formatClock(at, at + 60_000)).toBe('14:32:05.118');
    expect(formatClock(at, at + 86_400_000)).toBe('2026-07-31 14:32:05.118');
    expect(formatClock(0)).toBe('\u2013');
  });

  it('shows an exact time to the last ns', () => {
    const at = BigInt(new Date(2026, 6, 31, 14, 32, 5).getTime()) * 1_000_000n + 118_000_007n;
    expect(formatExactTime(at)).toBe('2026-07-31 14:32:05.118000007');
  });

  it('shows small things in few words', () => {
    expect(formatPercent(0.081, 1)).toBe('8.1%');
    expect(formatPercent(0)).toBe('0%');
    expect(plain(formatReach(29 * 60_000))).toBe('29 min');
    expect(plain(formatReach(94 * 60_000))).toBe('1 h 34 min');
    expect(formatElapsed(42_000)).toBe('0:42');
    expect(formatItems(1, 'span')).toBe('1 span');
    expect(formatItems(2, 'process', 'processes')).toBe('2 processes');
    expect(shortId('9f3c41d8')).toBe('9f3c41');
  });
});
