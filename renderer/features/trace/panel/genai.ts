/** Calls of language models and tools, current and retired names. */
import type { LogEvent, SpanDetail } from '../../../../proto/live/methods.ts';
import { formatCount, formatDuration, formatPercent } from '../../../base/format.ts';
import { parsedJson, valueText } from '../span-content.ts';
import { Attributes, type Fact } from './attributes.ts';
import { readMessages, type GenAiMessage } from './genai-messages.ts';
import { GEN_AI, genAiOperation, invocationFacts, isGenAi } from './genai-names.ts';

export interface GenAiContent {
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly numbers: readonly { readonly label: string; readonly value: string }[];
  /** Time to the first token and from there to the end, ns; null when it was not sent. */
  readonly phases: { readonly prefillNs: number; readonly decodeNs: number } | null;
  readonly facts: readonly Fact[];
  /** What a tool or a step was given and gave back; JSON on several lines. */
  readonly blocks: readonly { readonly label: string; readonly text: string }[];
  readonly messages: readonly GenAiMessage[];
  /** The span is a model call, and carries no content: most SDKs need a switch for it. */
  readonly hasNoContent: boolean;
}

const FIRST_TOKEN_EVENT = /first[._]?(token|chunk)/i;

/** The GenAI side of a span; null when it has none. */
export function readGenAi(
  span: SpanDetail,
  attributes: Attributes,
  records: readonly LogEvent[],
): GenAiContent | null {
  if (!isGenAi(attributes)) return null;
  const durationNs = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano));
  const firstNs = firstTokenNs(span, attributes, durationNs);
  const output = attributes.number(...GEN_AI.outputTokens);
  const decodeNs = firstNs === undefined ? durationNs : durationNs - firstNs;
  const perSecond = output === undefined || decodeNs <= 0 ? undefined : (output * 1e9) / decodeNs;
  const messages = readMessages(span, attributes, records);
  const operation = genAiOperation(attributes);
  return {
    operation,
    provider: attributes.text(...GEN_AI.provider),
    model: attributes.text(...GEN_AI.model),
    numbers: [
      ...tokens('Input', attributes.number(...GEN_AI.inputTokens)),
      ...tokens('Output', output),
      ...(firstNs === undefined ? [] : [{ label: 'First token', value: formatDuration(firstNs) }]),
      ...(perSecond === undefined
        ? []
        : [{ label: 'Speed', value: `${formatCount(perSecond)}\u00a0tok/s` }]),
    ],
    phases: firstNs === undefined ? null : { prefillNs: firstNs, decodeNs: Math.max(0, decodeNs) },
    facts: [
      ...tokenFacts(attributes),
      ...finishFacts(attributes),
      ...attributes.facts(FACTS),
      ...invocationFacts(attributes),
      ...evaluations(span, records),
    ],
    blocks: readBlocks(attributes, messages.length > 0),
    messages,
    hasNoContent:
      messages.length === 0 && /^(chat|generate_content|text_completion)$/.test(operation),
  };
}

const FACTS = [
  ['gen_ai.request.temperature', 'temperature'],
  ['gen_ai.request.top_p', 'top_p'],
  ['gen_ai.request.max_tokens', 'max_tokens'],
  ['gen_ai.request.seed', 'seed'],
  ['gen_ai.request.stream', 'stream'],
  ['gen_ai.output.type', 'output type'],
  ['gen_ai.agent.name', 'agent'],
  ['agent.name', 'agent'],
  ['traceloop.entity.name', 'step'],
  ['gen_ai.conversation.id', 'conversation'],
  ['ai.telemetry.functionId', 'function'],
  ['gen_ai.tool.name', 'tool'],
  ['ai.toolCall.name', 'tool'],
  ['tool.name', 'tool'],
  ['gen_ai.tool.type', 'tool type'],
  ['gen_ai.tool.call.id', 'tool call id'],
  ['ai.toolCall.id', 'tool call id'],
  ['gen_ai.embeddings.dimension.count', 'dimensions'],
] as const;

function tokens(label: string, count: number | undefined): { label: string; value: string }[] {
  return count === undefined ? [] : [{ label, value: formatCount(count) }];
}

function tokenFacts(attributes: Attributes): Fact[] {
  const input = attributes.number(...GEN_AI.inputTokens) ?? 0;
  const fact = (label: string, count: number | undefined, share = ''): Fact[] =>
    count === undefined ? [] : [{ label, text: formatCount(count) + share, tone: 'number' }];
  const read = attributes.number(...GEN_AI.cacheRead);
  const share = input > 0 ? ` (${formatPercent((read ?? 0) / input)})` : '';
  return [
    ...fact('read from cache', read, share),
    ...fact('written to cache', attributes.number(...GEN_AI.cacheWrite)),
    ...fact('reasoning tokens', attributes.number(...GEN_AI.reasoningTokens)),
  ];
}

function finishFacts(attributes: Attributes): Fact[] {
  for (const key of GEN_AI.finishReasons) {
    const value = attributes.get(key);
    if (value === undefined) continue;
    const reasons = value.type === 'array' ? value.values.map(valueText) : [valueText(value)];
    return [{ label: 'finish reason', text: reasons.join(', '), tone: 'text' }];
  }
  return [];
}

/** gen_ai.evaluation.result: events of the span and its log records. */
function evaluations(span: SpanDetail, records: readonly LogEvent[]): Fact[] {
  return [...span.events, ...records]
    .filter(({ name }) => name === 'gen_ai.evaluation.result')
    .map((event): Fact => {
      const result = new Attributes(event.attributes);
      const parts = ['score.value', 'score.label', 'explanation'].map((key) =>
        result.text(`gen_ai.evaluation.${key}`),
      );
      return {
        label: result.text('gen_ai.evaluation.name') || 'evaluation',
        text: parts.filter(Boolean).join(', '),
        tone: 'text',
      };
    });
}

/** Whole inputs and outputs repeat the messages of a model call, so that they stand in for them only. */
function readBlocks(attributes: Attributes, hasMessages: boolean): GenAiContent['blocks'] {
  const block = (label: string, keys: readonly string[]): { label: string; text: string }[] => {
    const text = attributes.text(...keys);
    if (text === '') return [];
    const parsed = parsedJson(text);
    return [{ label, text: parsed === null ? text : JSON.stringify(parsed, null, 2) }];
  };
  const call = [
    ...block('arguments', GEN_AI.toolArguments),
    ...block('result', GEN_AI.toolResult),
    ...block('query', ['gen_ai.retrieval.query.text']),
  ];
  return call.length > 0 || hasMessages
    ? call
    : [...block('input', GEN_AI.input), ...block('output', GEN_AI.output)];
}

/** From the attribute, or from an event at the first token; never beyond the span. */
function firstTokenNs(
  span: SpanDetail,
  attributes: Attributes,
  durationNs: number,
): number | undefined {
  const seconds = attributes.number(...GEN_AI.firstChunkSeconds);
  const ms = attributes.number(...GEN_AI.firstChunkMs);
  const event = span.events.find(({ name }) => FIRST_TOKEN_EVENT.test(name));
  const eventNs =
    event === undefined
      ? undefined
      : Number(BigInt(event.timeUnixNano) - BigInt(span.startTimeUnixNano));
  const ns = seconds !== undefined ? seconds * 1e9 : ms !== undefined ? ms * 1e6 : eventNs;
  return ns === undefined || ns < 0 || ns > durationNs ? undefined : ns;
}
