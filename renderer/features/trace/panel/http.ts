/** HTTP as the semantic conventions describe it, current and retired. */
import type { SpanDetail } from '../../../../proto/live/methods.ts';
import { formatBytes } from '../../../base/format.ts';
import { valueText } from '../span-content.ts';
import type { Attributes, Fact } from './attributes.ts';

export interface HttpContent {
  /** In upper case; '' when it was not sent. */
  readonly method: string;
  /** The full address where it can be told; else the path or the route. */
  readonly url: string;
  /** 0 without a response. */
  readonly status: number;
  readonly tone: 'ok' | 'warn' | 'error' | 'muted';
  /** `200`, or why there is none. */
  readonly statusText: string;
  readonly facts: readonly Fact[];
  readonly requestHeaders: readonly Header[];
  readonly responseHeaders: readonly Header[];
}

export interface Header {
  readonly name: string;
  readonly values: readonly string[];
}

const SERVER = 2;
const CLIENT = 3;

/** The HTTP side of a span; null when it has none. */
export function readHttp(span: SpanDetail, attributes: Attributes): HttpContent | null {
  const method = attributes.text('http.request.method').toUpperCase();
  const status = attributes.number('http.response.status_code') ?? 0;
  const isHttp = method !== '' || (status > 0 && attributes.hasAny('url.', 'http.'));
  if (!isHttp) return null;
  const original = attributes.text('http.request.method_original');
  return {
    method: method === '_OTHER' && original !== '' ? original : method,
    url: addressOf(span, attributes),
    status,
    tone: toneOfStatus(status, span),
    statusText: status > 0 ? String(status) : missingStatus(span, attributes),
    facts: [
      ...attributes.facts(['http.route', ['url.template', 'template']]),
      ...sizes(attributes),
      ...attributes.facts([
        ['http.request.resend_count', 'resend_count'],
        ['error.type', 'error.type'],
      ]),
      ...addresses(span, attributes),
      ...attributes.facts([
        ['network.protocol.version', 'protocol.version'],
        ['user_agent.original', 'user agent'],
      ]),
    ],
    requestHeaders: headersOf(attributes, 'http.request.header.'),
    responseHeaders: headersOf(attributes, 'http.response.header.'),
  };
}

/** net.peer.* is the server to a client, and the client to a server. */
function addresses(span: SpanDetail, attributes: Attributes): Fact[] {
  const peer = attributes.facts(
    span.kind === CLIENT
      ? [
          ['net.peer.name', 'server.address'],
          ['net.peer.port', 'server.port'],
        ]
      : [['net.peer.name', 'client.address']],
  );
  const named = attributes.facts([
    ['server.address', 'server.address'],
    ['server.port', 'server.port'],
    ['client.address', 'client.address'],
  ]);
  const known = new Set(named.map(({ label }) => label));
  return [
    ...named,
    ...peer.filter(({ label }) => !known.has(label)),
    ...attributes.facts([['network.peer.address', 'peer.address']]),
  ];
}

function sizes(attributes: Attributes): Fact[] {
  const size = (label: string, ...keys: readonly string[]): Fact[] => {
    const bytes = attributes.number(...keys);
    return bytes === undefined ? [] : [{ label, text: formatBytes(bytes), tone: 'number' }];
  };
  return [
    ...size(
      'request.body.size',
      'http.request.body.size',
      'http.request_content_length',
      'http.request.header.content-length',
    ),
    ...size(
      'response.body.size',
      'http.response.body.size',
      'http.response_content_length',
      'http.response.header.content-length',
    ),
  ];
}

/** Puts an address together from what newer and older SDKs send. */
function addressOf(span: SpanDetail, attributes: Attributes): string {
  const full = attributes.text('url.full');
  if (full !== '') return full;
  const query = attributes.text('url.query').replace(/^\?/, '');
  const path = attributes.text('url.path');
  const target = path === '' ? attributes.text('http.target') : path + (query && `?${query}`);
  const host = hostOf(span, attributes);
  if (host === '') return target || attributes.text('http.route');
  return `${attributes.text('url.scheme') || 'http'}://${host}${target}`;
}

function hostOf(span: SpanDetail, attributes: Attributes): string {
  const host = attributes.text('http.host');
  if (host !== '') return host;
  // net.peer.* is the server to a client, and the client to a server.
  const peer = span.kind === CLIENT ? ['net.peer.name'] : [];
  const address = attributes.text('server.address', ...peer);
  const ports = span.kind === CLIENT ? ['net.peer.port'] : [];
  const port = attributes.number('server.port', ...ports);
  if (address === '') return '';
  const isUsual = port === (attributes.text('url.scheme') === 'https' ? 443 : 80);
  const name = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
  return port === undefined || isUsual ? name : `${name}:${String(port)}`;
}

/** A server's 4xx is the caller's mistake, a client's is its own. */
function toneOfStatus(status: number, span: SpanDetail): HttpContent['tone'] {
  if (status >= 500) return 'error';
  if (status >= 400) return span.kind === SERVER ? 'warn' : 'error';
  if (status > 0) return 'ok';
  return span.status.code === 2 ? 'error' : 'muted';
}

function missingStatus(span: SpanDetail, attributes: Attributes): string {
  const hasFailed = span.status.code === 2 || attributes.text('error.type') !== '';
  return hasFailed ? 'no response' : '';
}

function headersOf(attributes: Attributes, prefix: string): Header[] {
  return attributes.below(prefix).map(({ key, value }) => ({
    // Before 1.20 header names had _ for -.
    name: key.replaceAll('_', '-'),
    values: value.type === 'array' ? value.values.map(valueText) : [valueText(value)],
  }));
}
