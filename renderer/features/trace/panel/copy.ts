/** A span as texts for the clipboard: JSON, an OTLP request, Markdown. */
import type { JsonAttribute, SpanDetail } from '../../../../proto/live/methods.ts';
import { SPAN_KIND, STATUS_CODE } from '../../../../proto/otlp/signal.ts';
import { formatDuration, formatExactTime } from '../../../base/format.ts';
import { otlpAttributes } from '../../../base/otlp-value.ts';
import { jsonOf, valueText } from '../span-content.ts';
import type { SpanMeaning } from './meaning.ts';

/** Plain JSON: attributes as an object. Of duplicate keys the last one counts. */
export function spanAsJson(span: SpanDetail): string {
  const {
    rawJson: _raw,
    wireBytes: _bytes,
    attributes,
    events,
    links,
    resource,
    scope,
    ...rest
  } = span;
  return JSON.stringify(
    {
      ...rest,
      attributes: objectOf(attributes),
      events: events.map((event) => ({ ...event, attributes: objectOf(event.attributes) })),
      links: links.map(({ present: _present, target: _target, ...link }) => ({
        ...link,
        attributes: objectOf(link.attributes),
      })),
      resource: objectOf(resource.attributes),
      scope: { name: scope.name, version: scope.version, attributes: objectOf(scope.attributes) },
    },
    null,
    2,
  );
}

function objectOf(attributes: readonly JsonAttribute[]): Record<string, unknown> {
  // A key of a span may be `__proto__`; entries make it an ordinary one.
  return Object.fromEntries(attributes.map(({ key, value }) => [key, jsonOf(value)]));
}

/** An OTLP JSON request that holds the span with its resource and scope: any receiver takes it. */
export function spanAsOtlp(span: SpanDetail): string {
  const { resource, scope } = span;
  const request = {
    resourceSpans: [
      {
        resource: {
          attributes: otlpAttributes(resource.attributes),
          droppedAttributesCount: resource.droppedAttributesCount,
        },
        schemaUrl: resource.schemaUrl,
        scopeSpans: [
          {
            scope: {
              name: scope.name,
              version: scope.version,
              attributes: otlpAttributes(scope.attributes),
              droppedAttributesCount: scope.droppedAttributesCount,
            },
            schemaUrl: scope.schemaUrl,
            spans: [JSON.parse(span.rawJson) as unknown],
          },
        ],
      },
    ],
  };
  return JSON.stringify(request, null, 2);
}

/** For an issue or a chat: headline, numbers, what failed, attributes as a table. */
export function spanAsMarkdown(
  span: SpanDetail,
  { exceptions }: SpanMeaning,
  link: string,
): string {
  const durationNs = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano));
  const lines = [
    `### ${inline(span.service)}: ${inline(span.name)}`,
    '',
    `- Duration: ${durationNs < 0 ? 'unknown' : formatDuration(durationNs)}`,
    `- Kind: ${SPAN_KIND[span.kind] ?? String(span.kind)}, status: ${STATUS_CODE[span.status.code] ?? ''}${span.status.message === '' ? '' : ` (${inline(span.status.message)})`}`,
    `- Started: ${formatExactTime(BigInt(span.startTimeUnixNano))}`,
    `- Trace: \`${span.traceId}\`, span: \`${span.spanId}\``,
    ...(link === '' ? [] : [`- <${link}>`]),
  ];
  for (const { type, message, stack } of exceptions) {
    lines.push('', `**${inline(type)}**: ${inline(message)}`);
    if (stack !== '') lines.push('', fenced(stack));
  }
  if (span.attributes.length > 0) {
    lines.push('', '| Attribute | Value |', '| --- | --- |');
    for (const { key, value } of span.attributes) {
      lines.push(`| ${inline(key)} | ${inline(valueText(value).slice(0, 500))} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** One line that Markdown takes for text. */
function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
