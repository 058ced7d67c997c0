import type { BuiltTrace } from './telemetry.mjs';

export const SHOP_SERVICES: Readonly<Record<string, object>>;
export const ORDERS: number;
export const CHANGE: number;
export const GAP_MS: number;
export function isRetried(number: number): boolean;
export function order(number: number, startNs: bigint): BuiltTrace;
export function nightlyJob(startNs: bigint): BuiltTrace;
