import type { BuiltTrace } from './telemetry.mjs';

export const PANELS: readonly { readonly id: string; readonly title: string }[];
export const CONVENTION_SERVICES: Readonly<Record<string, object>>;
export function conventionsTrace(startNs: bigint): BuiltTrace;
