/** A running bakery: see bakery.mjs. */
export interface Bakery {
  /** Requests made so far. */
  requests(): number;
  /** Closes the shop and flushes every SDK. */
  stop(): Promise<void>;
}

export function startBakery(
  endpoints: { readonly http: string; readonly grpc: string },
  options: {
    readonly requestsPerSecond: number;
    readonly random?: () => number;
    readonly gallery?: boolean;
  },
): Promise<Bakery>;
