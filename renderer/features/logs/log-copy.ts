/** Log records as texts to copy and to save. */
import type { LogDetail } from '../../../proto/live/methods.ts';
import { severityLevel } from '../../../proto/otlp/signal.ts';
import { formatExactTime } from '../../base/format.ts';
import { otlpAttributes } from '../../base/otlp-value.ts';
import { withoutAnsi } from './ansi.ts';
import { valueText } from './json-value.ts';

/** A record as a terminal would print it: time, level, service, body, attributes. */
export function recordText(detail: LogDetail): string {
  const level = severityLevel(detail.severityNumber);
  const body = valueText(detail.body);
  const parts = [
    formatExactTime(BigInt(detail.timeUnixNano)),
    level === 'unset' ? detail.severityText.toUpperCase() : level.toUpperCase(),
    detail.service,
    detail.body.type === 'empty' ? detail.eventName : withoutAnsi(body),
    ...detail.attributes.map(({ key, value }) => `${key}=${withoutAnsi(valueText(value))}`),
    detail.traceId === '' ? '' : `trace=${detail.traceId}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Records as a JSON array of OTLP LogRecords. */
export function recordsJson(details: readonly LogDetail[]): string {
  return `[${details.map(({ rawJson }) => rawJson).join(',\n')}]`;
}

/** Records as OTLP JSON Lines: one LogsData a record, with its resource and scope. */
export function recordsOtlp(details: readonly LogDetail[]): string {
  return details.map((detail) => JSON.stringify(logsData(detail)) + '\n').join('');
}

function logsData({ resource, scope, rawJson }: LogDetail): object {
  return {
    resourceLogs: [
      {
        resource: {
          attributes: otlpAttributes(resource.attributes),
          droppedAttributesCount: resource.droppedAttributesCount,
        },
        schemaUrl: resource.schemaUrl,
        scopeLogs: [
          {
            scope: {
              name: scope.name,
              version: scope.version,
              attributes: otlpAttributes(scope.attributes),
              droppedAttributesCount: scope.droppedAttributesCount,
            },
            schemaUrl: scope.schemaUrl,
            logRecords: [JSON.parse(rawJson) as unknown],
          },
        ],
      },
    ],
  };
}
