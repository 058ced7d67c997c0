/**
 * Messages of a model call in every shape that instrumentations send: structured values, JSON in a
 * string, indexed attributes, span events and log records. Each becomes a role with parts.
 */
import type {
  JsonAttribute,
  JsonValue,
  LogEvent,
  SpanDetail,
} from '../../../../proto/live/methods.ts';
import { jsonOf, parsedJson, valueText } from '../span-content.ts';
import type { Attributes } from './attributes.ts';

/** What a message holds: text, reasoning, a tool call or its answer, or anything else as JSON. */
export interface MessagePart {
  readonly type: 'text' | 'reasoning' | 'toolCall' | 'toolResult' | 'other';
  /** Tool name, modality or type of the part; '' for text. */
  readonly label: string;
  readonly text: string;
}

export interface GenAiMessage {
  readonly role: string;
  readonly direction: 'input' | 'output';
  readonly finishReason: string;
  readonly parts: readonly MessagePart[];
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The messages of a span, system first, then input, then output; the newest shape found wins. */
export function readMessages(
  span: SpanDetail,
  attributes: Attributes,
  records: readonly LogEvent[],
): GenAiMessage[] {
  const details = records.filter(
    ({ name }) => name === 'gen_ai.client.inference.operation.details',
  );
  const sources = [attributes.all, ...details.map((event) => event.attributes)];
  const shapes = [
    () => firstOf(sources, structured),
    () => eventMessages(records),
    () =>
      eventMessages(span.events.map((event) => ({ ...event, body: { type: 'empty' } as const }))),
    () => spanEventContent(span),
    () => indexed(attributes),
    () => plain(attributes),
  ];
  return firstOf(shapes, (shape) => shape());
}

function firstOf<T>(items: readonly T[], read: (item: T) => GenAiMessage[]): GenAiMessage[] {
  for (const item of items) {
    const messages = read(item);
    if (messages.length > 0) return messages;
  }
  return [];
}

/** gen_ai.system_instructions, gen_ai.input.messages and gen_ai.output.messages. */
function structured(all: readonly JsonAttribute[]): GenAiMessage[] {
  const value = (key: string): Json => jsonAt(all, key);
  const instructions = value('gen_ai.system_instructions');
  const system =
    instructions === null
      ? []
      : [messageOf({ role: 'system', parts: asParts(instructions) }, 'input')];
  return [
    ...system,
    ...asList(value('gen_ai.input.messages')).map((each) => messageOf(each, 'input')),
    ...asList(value('gen_ai.output.messages')).map((each) => messageOf(each, 'output')),
  ].filter(({ parts }) => parts.length > 0);
}

function jsonAt(all: readonly JsonAttribute[], key: string): Json {
  const value = all.findLast((attribute) => attribute.key === key)?.value;
  return value === undefined ? null : toJson(value);
}

/** A value as plain JSON; a string that holds JSON is opened. */
function toJson(value: JsonValue): Json {
  if (value.type !== 'string') return jsonOf(value) as Json;
  return (parsedJson(value.value) ?? value.value) as Json;
}

const asList = (value: Json): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : value === null ? [] : [value];

const asParts = (value: Json): Json =>
  asList(value).map((each) => (typeof each === 'string' ? { type: 'text', content: each } : each));

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value, null, 2);

/** One message of the current form, or of the forms that providers' own APIs have. */
function messageOf(value: Json, direction: GenAiMessage['direction']): GenAiMessage {
  if (!isObject(value)) {
    const role = direction === 'input' ? 'user' : 'assistant';
    return { role, direction, finishReason: '', parts: partsOf(value) };
  }
  const inner = isObject(value['message']) ? value['message'] : value;
  const role =
    textOf(inner['role'] ?? value['role']) || (direction === 'input' ? 'user' : 'assistant');
  const isTool = role === 'tool' && inner['parts'] === undefined;
  const content = partsOf(inner['parts'] ?? inner['content'] ?? null);
  const parts = isTool
    ? content.map((part) => ({
        ...part,
        type: 'toolResult' as const,
        label: textOf(inner['name']),
      }))
    : content;
  const calls = asList(inner['tool_calls'] ?? null).map(toolCallOf);
  return {
    role,
    direction,
    finishReason: textOf(value['finish_reason']),
    parts: [...parts, ...calls],
  };
}

function partsOf(value: Json): MessagePart[] {
  if (typeof value === 'string')
    return value === '' ? [] : [{ type: 'text', label: '', text: value }];
  return asList(value).map(partOf);
}

function partOf(value: Json): MessagePart {
  if (!isObject(value)) return { type: 'text', label: '', text: textOf(value) };
  const type = textOf(value['type']);
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { type: 'text', label: '', text: textOf(value['content'] ?? value['text']) };
    case 'reasoning':
    case 'thinking':
      return {
        type: 'reasoning',
        label: 'reasoning',
        text: textOf(value['content'] ?? value['thinking'] ?? value['text']),
      };
    case 'tool_call':
    case 'tool_use':
    case 'function_call':
    case 'server_tool_call':
      return toolCallOf(value);
    case 'tool_call_response':
    case 'tool_result':
    case 'function_call_output':
    case 'server_tool_call_response':
      return {
        type: 'toolResult',
        label: textOf(value['name'] ?? value['id'] ?? value['tool_use_id']),
        text: textOf(value['response'] ?? value['result'] ?? value['content'] ?? value['output']),
      };
    case '':
      return { type: 'text', label: '', text: textOf(value['content'] ?? value['text'] ?? value) };
    default:
      return {
        type: 'other',
        label: textOf(value['modality']) || type,
        text: textOf(value['uri'] ?? value['content'] ?? value),
      };
  }
}

function toolCallOf(value: Json): MessagePart {
  if (!isObject(value)) return { type: 'toolCall', label: '', text: textOf(value) };
  const fn = isObject(value['function']) ? value['function'] : value;
  const args = fn['arguments'] ?? fn['input'] ?? null;
  const opened = typeof args === 'string' ? (parsedJson(args) ?? args) : args;
  return { type: 'toolCall', label: textOf(fn['name']), text: textOf(opened as Json) };
}

const EVENT_ROLE = /^gen_ai\.(system|user|assistant|tool)\.message$/;

/** Events of conventions up to 1.36: one a message, gen_ai.choice for each answer. */
function eventMessages(events: readonly LogEvent[]): GenAiMessage[] {
  return events.flatMap((event): GenAiMessage[] => {
    const role = EVENT_ROLE.exec(event.name)?.[1];
    if (role === undefined && event.name !== 'gen_ai.choice') return [];
    const direction = role === undefined ? 'output' : 'input';
    const fields = Object.fromEntries(
      event.attributes.map(({ key, value }) => [key, toJson(value)]),
    );
    const body = toJson(event.body);
    const whole = {
      ...fields,
      ...(isObject(body) ? body : body === null ? {} : { content: body }),
    };
    const message = messageOf(
      isObject(whole['message']) ? whole : { role: role ?? 'assistant', ...whole },
      direction,
    );
    return message.parts.length === 0 && message.finishReason === '' ? [] : [message];
  });
}

/** The oldest events: gen_ai.content.prompt and .completion with one attribute each. */
function spanEventContent(span: SpanDetail): GenAiMessage[] {
  return span.events.flatMap((event) => {
    const isPrompt = event.name === 'gen_ai.content.prompt';
    if (!isPrompt && event.name !== 'gen_ai.content.completion') return [];
    const value = jsonAt(event.attributes, isPrompt ? 'gen_ai.prompt' : 'gen_ai.completion');
    return asList(value).map((each) => messageOf(each, isPrompt ? 'input' : 'output'));
  });
}

/** gen_ai.prompt.0.content and its kin. */
function indexed(attributes: Attributes): GenAiMessage[] {
  return (['prompt', 'completion'] as const).flatMap((word) => {
    const direction = word === 'prompt' ? 'input' : 'output';
    const byIndex = new Map<number, Record<string, Json>>();
    for (const { key, value } of attributes.below(`gen_ai.${word}.`)) {
      const [, index, field] = /^(\d+)\.(.+)$/.exec(key) ?? [];
      if (index === undefined || field === undefined) continue;
      const fields = byIndex.get(Number(index)) ?? {};
      fields[field] = field === 'content' ? toJson(value) : valueText(value);
      byIndex.set(Number(index), fields);
    }
    return [...byIndex.entries()]
      .sort(([a], [b]) => a - b)
      .map(([, fields]) => messageOf({ ...fields, tool_calls: indexedCalls(fields) }, direction));
  });
}

function indexedCalls(fields: Readonly<Record<string, Json>>): Json {
  const calls: Json[] = [];
  for (let at = 0; fields[`tool_calls.${String(at)}.name`] !== undefined; at++) {
    calls.push({
      name: fields[`tool_calls.${String(at)}.name`] ?? '',
      arguments: fields[`tool_calls.${String(at)}.arguments`] ?? '',
    });
  }
  return calls;
}

/** gen_ai.prompt and gen_ai.completion as one value each. */
function plain(attributes: Attributes): GenAiMessage[] {
  return (['prompt', 'completion'] as const).flatMap((word) => {
    const value = jsonAt(attributes.all, `gen_ai.${word}`);
    return asList(value).map((each) => messageOf(each, word === 'prompt' ? 'input' : 'output'));
  });
}
