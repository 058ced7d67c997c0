/** What a field of a query finds in a span or log record, as docs/query.md lists the fields. */
import type { Field } from '../../../electron/engine/query/ast.ts';
import { attributeNames, ENUM_WORDS } from '../../../electron/engine/query/fields.ts';
import { severityLevel } from '../../../proto/otlp/signal.ts';
import {
  type ReferenceData,
  type ReferenceItem,
  type ReferenceLog,
  type ReferenceSpan,
  traceIdOf,
} from './items.ts';
import { bodyText } from './text.ts';
import { type Found, lookUp, texts, together } from './values.ts';

/** The names that a field goes by: an attribute may have retired ones. */
export function namesOf(field: Field): readonly string[] {
  return field.type === 'attribute' ? attributeNames(field.key) : [field.name];
}

/** The values of a field under one of its names, with what is in memory. */
export function findField(
  data: ReferenceData,
  field: Field,
  name: string,
  item: ReferenceItem,
): Found {
  switch (field.type) {
    case 'intrinsic':
      return item.type === 'span' ? spanField(data, name, item) : logField(data, name, item);
    case 'trace':
      return traceField(data, name, traceIdOf(item));
    case 'attribute':
      return attributeField(field, name, item);
  }
}

function attributeField(
  { pin, key }: Extract<Field, { type: 'attribute' }>,
  name: string,
  item: ReferenceItem,
): Found {
  const own = item.type === 'span' ? item.span.attributes : item.log.attributes;
  switch (pin) {
    case 'any': {
      const isOwn = attributeNames(key).some((each) => lookUp(own, each) !== null);
      return lookUp(isOwn ? own : item.resource.attributes, name);
    }
    case 'resource':
      return lookUp(item.resource.attributes, name);
    case 'scope':
      return lookUp(item.scope.attributes, name);
    case 'span':
      return item.type === 'span' ? lookUp(own, name) : null;
    case 'log':
      return item.type === 'log' ? lookUp(own, name) : null;
    case 'event':
      if (item.type === 'log') return null;
      return together(
        item.span.events.map((event) => [
          key === 'name' ? texts(event.name) : null,
          lookUp(event.attributes, name),
        ]),
      );
    case 'link':
      if (item.type === 'log') return null;
      return together(
        item.span.links.map((link) => [
          key === 'trace' ? texts(link.traceId) : key === 'span' ? texts(link.spanId) : null,
          lookUp(link.attributes, name),
        ]),
      );
  }
}

function spanField(data: ReferenceData, name: string, item: ReferenceSpan): Found {
  const { span } = item;
  switch (name) {
    case 'name':
      return [{ type: 'string', value: span.name }];
    case 'service':
      return [{ type: 'string', value: item.service }];
    case 'scope':
      return texts(item.scope.name);
    case 'root':
      return rootField(data, span.traceId);
    case 'kind':
      return [{ type: 'string', value: ENUM_WORDS.kind[span.kind] ?? 'unspecified' }];
    case 'status':
      return [{ type: 'string', value: ENUM_WORDS.status[span.status.code] ?? 'unset' }];
    case 'duration': {
      const duration = span.endTimeUnixNano - span.startTimeUnixNano;
      return [{ type: 'number', value: duration > 0n ? duration : 0n }];
    }
    case 'start':
      return [{ type: 'number', value: span.startTimeUnixNano }];
    case 'trace':
      return texts(span.traceId);
    case 'span':
      return texts(span.spanId);
    case 'parent':
      return texts(span.parentSpanId);
    case 'event':
      return together(span.events.map((event) => [texts(event.name)]));
    default:
      return null;
  }
}

function logField(data: ReferenceData, name: string, item: ReferenceLog): Found {
  const { log } = item;
  switch (name) {
    case 'service':
      return [{ type: 'string', value: item.service }];
    case 'scope':
      return texts(item.scope.name);
    case 'level':
      return [{ type: 'string', value: severityLevel(log.severityNumber) }];
    case 'body':
      return log.body === undefined ? null : [{ type: 'string', value: bodyText(log.body) }];
    case 'event':
      return texts(log.eventName);
    case 'start':
      return [{ type: 'number', value: item.timeUnixNano }];
    case 'trace':
      return texts(log.traceId);
    case 'span':
      return texts(log.spanId);
    case 'root':
      return rootField(data, log.traceId);
    default:
      return null;
  }
}

function rootField(data: ReferenceData, traceId: string): Found {
  const root = data.rootOf(traceId);
  return root === undefined ? null : [{ type: 'string', value: root.span.name }];
}

function traceField(data: ReferenceData, name: string, traceId: string): Found {
  const spans = (data.byTrace.get(traceId) ?? []).map(({ span }) => span);
  const first = spans[0];
  if (first === undefined) return null;
  const count = (value: number | bigint): Found => [{ type: 'number', value }];
  if (name === 'spans') return count(spans.length);
  if (name === 'errors') return count(spans.filter(({ status }) => status.code === 2).length);
  if (name === 'services') {
    return count(new Set(data.byTrace.get(traceId)?.map(({ service }) => service)).size);
  }
  const starts = spans.map(({ startTimeUnixNano }) => startTimeUnixNano);
  const ends = spans.map(({ endTimeUnixNano }) => endTimeUnixNano);
  const low = starts.reduce((a, b) => (b < a ? b : a));
  const high = [...ends, ...starts].reduce((a, b) => (b > a ? b : a));
  return count(high - low);
}
