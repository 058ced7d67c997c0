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
  /** Of a tool call and of its answer; '' otherwise. */
  readonly id: string;
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
    () => indexed(attributes, 'gen_ai.prompt.', 'gen_ai.completion.'),
    () => indexed(attributes, 'llm.input_messages.', 'llm.output_messages.'),
    () => indexed(attributes, 'llm.prompts.', 'llm.completions.'),
    () => vercel(attributes),
    () => plain(attributes),
  ];
  return withToolNames(firstOf(shapes, (shape) => shape()));
}

/** An answer of a tool names the call that it answers; people know the tool by its name. */
function withToolNames(messages: readonly GenAiMessage[]): GenAiMessage[] {
  const names = new Map(
    messages.flatMap(({ parts }) =>
      parts.flatMap(({ type, id, label }) =>
        type === 'toolCall' && id !== '' ? [[id, label] as const] : [],
      ),
    ),
  );
  return messages.map((message) => ({
    ...message,
    parts: message.parts.map((part) =>
      part.type === 'toolResult'
        ? { ...part, label: part.label || (names.get(part.id) ?? part.id) }
        : part,
    ),
  }));
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
  const usualRole = direction === 'input' ? 'user' : 'assistant';
  if (!isObject(value)) {
    return { role: usualRole, direction, finishReason: '', parts: partsOf(value) };
  }
  const inner = isObject(value['message']) ? value['message'] : value;
  const role = textOf(inner['role'] ?? value['role']) || usualRole;
  const isTool = role === 'tool' && inner['parts'] === undefined;
  const content = partsOf(inner['parts'] ?? inner['contents'] ?? inner['content'] ?? null);
  const parts = isTool
    ? content.map((part) =>
        part.type === 'toolResult'
          ? part
          : {
              ...part,
              type: 'toolResult' as const,
              label: textOf(inner['name']),
              id: textOf(inner['tool_call_id'] ?? inner['id']),
            },
      )
    : content;
  const calls = asList(inner['tool_calls'] ?? inner['toolCalls'] ?? null).map(toolCallOf);
  return {
    role,
    direction,
    finishReason: textOf(value['finish_reason']),
    parts: [...parts, ...calls],
  };
}

function partsOf(value: Json): MessagePart[] {
  return value === ''
    ? []
    : asList(value)
        .map(partOf)
        .filter(({ type, text }) => type !== 'text' || text !== '');
}

const part = (type: MessagePart['type'], label: string, value: Json | undefined): MessagePart => ({
  type,
  label,
  id: '',
  text: textOf(value),
});

function partOf(sent: Json): MessagePart {
  if (!isObject(sent)) return part('text', '', sent);
  // OpenInference wraps each part in its own name.
  const value = isObject(sent['message_content']) ? sent['message_content'] : sent;
  const type = textOf(value['type']).replaceAll('-', '_');
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return part('text', '', value['content'] ?? value['text']);
    case 'reasoning':
    case 'thinking':
      return part('reasoning', 'reasoning', value['content'] ?? value['thinking'] ?? value['text']);
    case 'tool_call':
    case 'tool_use':
    case 'function_call':
    case 'server_tool_call':
      return toolCallOf(value);
    case 'tool_call_response':
    case 'tool_result':
    case 'function_call_output':
    case 'server_tool_call_response':
      return toolResultOf(value);
    case '':
      return part('text', '', value['content'] ?? value['text'] ?? value);
    default:
      return part(
        'other',
        textOf(value['modality']) || type,
        value['uri'] ?? value['content'] ?? value,
      );
  }
}

const idOf = (value: JsonObject): string =>
  textOf(value['id'] ?? value['tool_use_id'] ?? value['call_id'] ?? value['toolCallId']);

function toolCallOf(sent: Json): MessagePart {
  if (!isObject(sent)) return part('toolCall', '', sent);
  const value = isObject(sent['tool_call']) ? sent['tool_call'] : sent;
  const fn = isObject(value['function']) ? value['function'] : value;
  const args = fn['arguments'] ?? fn['input'] ?? fn['args'] ?? null;
  const opened = typeof args === 'string' ? (parsedJson(args) ?? args) : args;
  const name = textOf(fn['name'] ?? fn['toolName']);
  return { ...part('toolCall', name, opened as Json), id: idOf(value) };
}

function toolResultOf(value: JsonObject): MessagePart {
  const result = value['response'] ?? value['result'] ?? value['content'] ?? value['output'];
  const opened = typeof result === 'string' ? (parsedJson(result) ?? result) : (result ?? null);
  const name = textOf(value['name'] ?? value['toolName']);
  return { ...part('toolResult', name, opened as Json), id: idOf(value) };
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

/** One attribute for each field: gen_ai.prompt.0.content, llm.input_messages.0.message.content. */
function indexed(attributes: Attributes, input: string, output: string): GenAiMessage[] {
  return ([input, output] as const).flatMap((prefix) =>
    asList(nested(attributes.below(prefix)))
      .filter(isObject)
      .map((each) => messageOf(each, prefix === input ? 'input' : 'output'))
      .filter(({ parts }) => parts.length > 0),
  );
}

/** Deeper names are no part of a message. */
const MAX_DEPTH = 12;

interface Branch {
  readonly at: Map<string, Branch | Json>;
}

/** Attributes by the dots in their names; what has numbers for names is a list. */
function nested(attributes: readonly JsonAttribute[]): Json {
  const root: Branch = { at: new Map() };
  for (const { key, value } of attributes) {
    const path = key.split('.');
    const last = path.pop() ?? '';
    if (path.length > MAX_DEPTH) continue;
    let branch = root;
    for (const step of path) {
      const found = branch.at.get(step);
      const next = isBranch(found) ? found : { at: new Map<string, Branch | Json>() };
      branch.at.set(step, next);
      branch = next;
    }
    branch.at.set(last, last === 'content' ? toJson(value) : valueText(value));
  }
  return closed(root);
}

const isBranch = (value: Branch | Json | undefined): value is Branch =>
  typeof value === 'object' && value !== null && 'at' in value && value.at instanceof Map;

function closed({ at }: Branch): Json {
  const entries = [...at].map(
    ([key, value]) => [key, isBranch(value) ? closed(value) : value] as const,
  );
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  }
  return Object.fromEntries(entries);
}

/** ai.prompt.messages or ai.prompt, and ai.response.*: what the Vercel AI SDK sends. */
function vercel(attributes: Attributes): GenAiMessage[] {
  const at = (...keys: readonly string[]): Json =>
    firstJson(keys.map((key) => jsonAt(attributes.all, key)));
  const prompt = at('ai.prompt.messages', 'ai.prompt');
  const whole = isObject(prompt) ? prompt : { messages: prompt };
  const output = {
    content:
      attributes.text('ai.response.text', 'ai.result.text') ||
      at('ai.response.object', 'ai.result.object'),
    tool_calls: at('ai.response.toolCalls', 'ai.result.toolCalls'),
    finish_reason: at('ai.response.finishReason', 'ai.finishReason'),
  };
  return [
    ...asList(whole['system'] ?? null).map((system) =>
      messageOf({ role: 'system', content: system }, 'input'),
    ),
    ...asList(whole['messages'] ?? whole['prompt'] ?? null).map((each) => messageOf(each, 'input')),
    messageOf(output, 'output'),
  ].filter(({ parts }) => parts.length > 0);
}

const firstJson = (values: readonly Json[]): Json => values.find((value) => value !== null) ?? null;

/** gen_ai.prompt and gen_ai.completion as one value each. */
function plain(attributes: Attributes): GenAiMessage[] {
  return (['prompt', 'completion'] as const).flatMap((word) => {
    const value = jsonAt(attributes.all, `gen_ai.${word}`);
    return asList(value).map((each) => messageOf(each, word === 'prompt' ? 'input' : 'output'));
  });
}
