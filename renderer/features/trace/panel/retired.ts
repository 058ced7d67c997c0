/**
 * Retired attributes of the semantic conventions that no single name took the place of: they were split,
 * joined or dropped, or their heir depends on the side of the call.
 */

const CLIENT = 3;
const PRODUCER = 4;

const BY_SIDE: Readonly<Record<string, string>> = {
  'net.peer.name': 'address',
  'net.peer.port': 'port',
};

const SPLIT: Readonly<Record<string, string>> = {
  'net.sock.peer.name': 'server.address or client.address',
  'net.sock.family': 'network.transport and network.type',
  'http.host': 'server.address and server.port',
  'http.target': 'url.path and url.query',
  'http.server_name': 'server.address',
  'http.request_content_length': 'http.request.header.content-length',
  'http.response_content_length': 'http.response.header.content-length',
  'db.connection_string': 'server.address and server.port',
  'db.jdbc.driver_classname': '',
  'db.user': '',
  'db.instance.id': '',
  'db.sql.rows_affected': '',
  'rpc.service': 'rpc.method, which holds both',
  'messaging.destination': 'messaging.destination.name',
  'messaging.destination_kind': '',
  'messaging.url': 'server.address and server.port',
  'code.function': 'code.function.name',
  'code.namespace': 'code.function.name, which holds both',
  'faas.execution': 'faas.invocation_id',
  'faas.id': 'cloud.resource_id',
  'gen_ai.prompt': 'gen_ai.input.messages',
  'gen_ai.completion': 'gen_ai.output.messages',
  'exception.escaped': '',
};

/** What took a retired name's place, in words; '' for current names. `kind` is the span's. */
export function retiredFor(key: string, kind: number): string {
  if (Object.hasOwn(BY_SIDE, key)) {
    const side = kind === CLIENT || kind === PRODUCER ? 'server' : 'client';
    return `${side}.${BY_SIDE[key] ?? ''}`;
  }
  if (!Object.hasOwn(SPLIT, key)) return '';
  return SPLIT[key] || 'none';
}
