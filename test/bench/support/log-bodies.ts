/** Export requests of log records for load: about 300 bytes a record, six attributes. */
import { encodeRequest } from '../../support/otlp/proto-root.ts';
import { seeded, type SpanBody } from '../../support/span-bodies.ts';

/** In the shape of `spanBody`. Log records have no identity, so there is nothing to freshen. */
export function logBody(records: number, seed: number): SpanBody {
  const random = seeded(seed);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
  const logRecords = Array.from({ length: records }, (_, index) => ({
    timeUnixNano: String(nowNs - BigInt(Math.floor(random() * 5e9))),
    severityNumber: random() < 0.03 ? 17 : 5 + 4 * (index % 2),
    severityText: 'INFO',
    body: {
      stringValue: `GET /api/products/${Math.floor(random() * 10_000)} took ${Math.floor(random() * 1000)} ms`,
    },
    attributes: [
      text('http.request.method', random() < 0.7 ? 'GET' : 'POST'),
      text('url.full', `http://shop.local/api/products/${Math.floor(random() * 10_000)}`),
      { key: 'http.response.status_code', value: { intValue: random() < 0.95 ? 200 : 503 } },
      text('server.address', 'shop.local'),
      text('user.id', `u_${Math.floor(random() * 100_000)}`),
      text('code.file.path', '/srv/shop/handlers/products.ts'),
    ],
  }));
  const resource = { attributes: [text('service.name', `load-${seed % 8}`)] };
  const bytes = Buffer.from(
    encodeRequest('logs', {
      resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'load' }, logRecords }] }],
    }),
  );
  return { bytes, spans: records, freshen: () => undefined };
}
