/** Attribute keys of the semantic conventions that views give a place of their own. */

/** Where the outcome of an HTTP or RPC call stands, current names before retired ones. */
export const METHOD_STATUS_KEYS: readonly string[] = [
  'http.response.status_code',
  'http.status_code',
  'rpc.response.status_code',
  'rpc.grpc.status_code',
  'rpc.status_code',
];
