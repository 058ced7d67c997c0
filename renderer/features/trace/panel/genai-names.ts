/**
 * Names for model calls: those of the semantic conventions first, then what OpenInference (`llm.*`), the
 * Vercel AI SDK (`ai.*`) and OpenLLMetry (`traceloop.*`, `llm.request.*`) call the same.
 */
import { parsedJson, valueText } from '../span-content.ts';
import type { Attributes, Fact } from './attributes.ts';

/** Keys of one number or word, the best first. */
export const GEN_AI = {
  provider: ['gen_ai.provider.name', 'llm.provider', 'llm.system', 'ai.model.provider'],
  model: [
    'gen_ai.response.model',
    'llm.response.model_name',
    'ai.response.model',
    'gen_ai.request.model',
    'llm.model_name',
    'llm.request.model_name',
    'embedding.model_name',
    'ai.model.id',
  ],
  inputTokens: [
    'gen_ai.usage.input_tokens',
    'llm.token_count.prompt',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
  ],
  outputTokens: [
    'gen_ai.usage.output_tokens',
    'llm.token_count.completion',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
  ],
  cacheRead: [
    'gen_ai.usage.cache_read.input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'ai.usage.cachedInputTokens',
  ],
  cacheWrite: [
    'gen_ai.usage.cache_creation.input_tokens',
    'llm.token_count.prompt_details.cache_write',
  ],
  reasoningTokens: [
    'gen_ai.usage.reasoning.output_tokens',
    'llm.token_count.completion_details.reasoning',
    'ai.usage.reasoningTokens',
  ],
  firstChunkSeconds: ['gen_ai.response.time_to_first_chunk', 'gen_ai.server.time_to_first_token'],
  firstChunkMs: ['ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk'],
  finishReasons: [
    'gen_ai.response.finish_reasons',
    'llm.finish_reason',
    'ai.response.finishReason',
    'ai.finishReason',
  ],
  toolName: ['gen_ai.tool.name', 'ai.toolCall.name', 'tool.name'],
  toolCallId: ['gen_ai.tool.call.id', 'ai.toolCall.id', 'tool.id'],
  toolArguments: ['gen_ai.tool.call.arguments', 'ai.toolCall.args', 'tool.parameters'],
  toolResult: ['gen_ai.tool.call.result', 'ai.toolCall.result'],
  /** What went in and came out as a whole, for steps that are no model call. */
  input: ['input.value', 'traceloop.entity.input'],
  output: ['output.value', 'traceloop.entity.output'],
} as const;

const PREFIXES = ['gen_ai.', 'llm.', 'openinference.', 'traceloop.span.kind', 'ai.operationId'];

/** Whether a span speaks any of these languages. */
export function isGenAi(attributes: Attributes): boolean {
  return attributes.hasAny(...PREFIXES);
}

/** Kinds of OpenInference and OpenLLMetry as `gen_ai.operation.name` has them. */
const OPERATIONS: Readonly<Record<string, string>> = {
  llm: 'chat',
  chat: 'chat',
  completion: 'text_completion',
  embedding: 'embeddings',
  retriever: 'retrieval',
  tool: 'execute_tool',
  agent: 'invoke_agent',
  chain: 'invoke_workflow',
  workflow: 'invoke_workflow',
  task: 'invoke_workflow',
};

/** What the span did, in the words of `gen_ai.operation.name`; '' when nothing says it. */
export function genAiOperation(attributes: Attributes): string {
  const named = attributes.text('gen_ai.operation.name');
  if (named !== '') return named;
  const vercel = attributes.text('ai.operationId');
  if (vercel === 'ai.toolCall') return 'execute_tool';
  if (vercel !== '') return vercel.startsWith('ai.embed') ? 'embeddings' : 'chat';
  const kind = attributes
    .text('openinference.span.kind', 'traceloop.span.kind', 'llm.request.type')
    .toLowerCase();
  return Object.hasOwn(OPERATIONS, kind) ? (OPERATIONS[kind] ?? kind) : kind;
}

/** Settings of the request that OpenInference sends as one JSON text. */
export function invocationFacts(attributes: Attributes): Fact[] {
  const sent = attributes.exact('llm.invocation_parameters');
  const parsed = sent === undefined ? null : parsedJson(valueText(sent));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return [];
  return Object.entries(parsed).flatMap(([label, value]: [string, unknown]): Fact[] =>
    typeof value === 'number'
      ? [{ label, text: String(value), tone: 'number' }]
      : typeof value === 'boolean'
        ? [{ label, text: String(value), tone: 'boolean' }]
        : typeof value === 'string'
          ? [{ label, text: value, tone: 'text' }]
          : [],
  );
}
