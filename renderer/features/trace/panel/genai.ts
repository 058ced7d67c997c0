/** Calls of language models and tools, current and retired names. */
import type { LogEvent, SpanDetail } from '../../../../proto/live/methods.ts';
import { formatCount, formatDuration, formatPercent } from '../../../base/format.ts';
import type { Attributes, Fact } from './attributes.ts';
import { readMessages, type GenAiMessage } from './genai-messages.ts';

export interface GenAiContent {
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly numbers: readonly { readonly label: string; readonly value: string }[];
  /** Time to the first token and from there to the end, ns; null when it was not sent. */
  readonly phases: { readonly prefillNs: number; readonly decodeNs: number } | null;
  readonly facts: readonly Fact[];
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
  if (!attributes.hasAny('gen_ai.')) return null;
  const durationNs = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano));
  const firstNs = firstTokenNs(span, attributes, durationNs);
  const output = attributes.number('gen_ai.usage.output_tokens');
  const decodeNs = firstNs === undefined ? durationNs : durationNs - firstNs;
  const perSecond = output === undefined || decodeNs <= 0 ? undefined : (output * 1e9) / decodeNs;
  const messages = readMessages(span, attributes, records);
  const operation = attributes.text('gen_ai.operation.name');
  return {
    operation,
    provider: attributes.text('gen_ai.provider.name'),
    model: attributes.text('gen_ai.response.model', 'gen_ai.request.model'),
    numbers: [
      ...tokens('Input', attributes.number('gen_ai.usage.input_tokens')),
      ...tokens('Output', output),
      ...(firstNs === undefined ? [] : [{ label: 'First token', value: formatDuration(firstNs) }]),
      ...(perSecond === undefined
        ? []
        : [{ label: 'Speed', value: `${formatCount(perSecond)}\u00a0tok/s` }]),
    ],
    phases: firstNs === undefined ? null : { prefillNs: firstNs, decodeNs: Math.max(0, decodeNs) },
    facts: [...cacheFacts(attributes), ...attributes.facts(FACTS)],
    messages,
    hasNoContent:
      messages.length === 0 && /^(chat|generate_content|text_completion)$/.test(operation),
  };
}

const FACTS = [
  ['gen_ai.usage.reasoning.output_tokens', 'reasoning tokens'],
  ['gen_ai.response.finish_reasons', 'finish reasons'],
  ['gen_ai.request.temperature', 'temperature'],
  ['gen_ai.request.top_p', 'top_p'],
  ['gen_ai.request.max_tokens', 'max_tokens'],
  ['gen_ai.request.stream', 'stream'],
  ['gen_ai.output.type', 'output type'],
  ['gen_ai.agent.name', 'agent'],
  ['gen_ai.conversation.id', 'conversation'],
  ['gen_ai.tool.name', 'tool'],
  ['gen_ai.tool.type', 'tool type'],
  ['gen_ai.tool.call.id', 'tool call id'],
  ['gen_ai.tool.call.arguments', 'arguments'],
  ['gen_ai.tool.call.result', 'result'],
] as const;

function tokens(label: string, count: number | undefined): { label: string; value: string }[] {
  return count === undefined ? [] : [{ label, value: formatCount(count) }];
}

function cacheFacts(attributes: Attributes): Fact[] {
  const read = attributes.number('gen_ai.usage.cache_read.input_tokens');
  const written = attributes.number('gen_ai.usage.cache_creation.input_tokens');
  const input = attributes.number('gen_ai.usage.input_tokens') ?? 0;
  const share = (count: number): string => (input > 0 ? ` (${formatPercent(count / input)})` : '');
  return [
    ...(read === undefined
      ? []
      : [
          {
            label: 'read from cache',
            text: formatCount(read) + share(read),
            tone: 'number',
          } as const,
        ]),
    ...(written === undefined
      ? []
      : [{ label: 'written to cache', text: formatCount(written), tone: 'number' } as const]),
  ];
}

/** From the attribute, in seconds, or from an event at the first token; never beyond the span. */
function firstTokenNs(
  span: SpanDetail,
  attributes: Attributes,
  durationNs: number,
): number | undefined {
  const seconds = attributes.number(
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
  );
  const event = span.events.find(({ name }) => FIRST_TOKEN_EVENT.test(name));
  const eventNs =
    event === undefined
      ? undefined
      : Number(BigInt(event.timeUnixNano) - BigInt(span.startTimeUnixNano));
  const ns = seconds === undefined ? eventNs : seconds * 1e9;
  return ns === undefined || ns < 0 || ns > durationNs ? undefined : ns;
}
