/** Calls of language models in every shape that instrumentations send. */

const SYSTEM = 'You score bakery orders for fraud. Reply with JSON only.';
const QUESTION =
  'Order 8812: wholesale, 36 × country sourdough, 12 × rye, new delivery address, 4th order this week. Similar orders: 7701, 7518, 6920 (all paid).';
const ANSWER =
  '{ "score": 0.08, "verdict": "allow",\n  "reasons": ["repeat buyer", "basket matches history"] }';
const CALL = {
  type: 'tool_call',
  id: 'call_1',
  name: 'similar_orders',
  arguments: { order: 8812, limit: 3 },
};
const RESULT = { type: 'tool_call_response', id: 'call_1', response: { paid: [7701, 7518, 6920] } };

const USAGE = {
  'gen_ai.usage.input_tokens': 1142,
  'gen_ai.usage.cache_read.input_tokens': 928,
  'gen_ai.usage.output_tokens': 86,
};

const chat = (more) => ({ service: 'risk', kind: 'client', lengthMs: 302, ...more });

export const MODEL_CALLS = [
  chat({
    id: 'genai',
    title: 'A model call with tool calls, as structured values',
    name: 'chat llama3.2:3b',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': 'llama3.2:3b',
      'gen_ai.response.model': 'llama3.2:3b',
      'gen_ai.request.temperature': 0.1,
      'gen_ai.request.max_tokens': 400,
      'gen_ai.response.time_to_first_chunk': 0.0714,
      'gen_ai.response.finish_reasons': ['stop'],
      ...USAGE,
      'gen_ai.usage.reasoning.output_tokens': 21,
      'gen_ai.conversation.id': 'conv-41',
      'gen_ai.system_instructions': [{ type: 'text', content: SYSTEM }],
      'gen_ai.input.messages': [
        { role: 'user', parts: [{ type: 'text', content: QUESTION }] },
        { role: 'assistant', parts: [CALL] },
        { role: 'tool', parts: [RESULT] },
      ],
      'gen_ai.output.messages': [
        {
          role: 'assistant',
          parts: [
            {
              type: 'reasoning',
              content: 'Three similar orders were all paid, so the risk is low.',
            },
            { type: 'text', content: ANSWER },
          ],
          finish_reason: 'stop',
        },
      ],
    },
  }),
  chat({
    id: 'genai-long',
    title: 'A model call with a long answer, as JSON text',
    name: 'chat gpt-4o-mini',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.input_tokens': 41,
      'gen_ai.usage.output_tokens': 610,
      'gen_ai.input.messages': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: 'Write the steps of a sourdough.' }] },
      ]),
      'gen_ai.output.messages': JSON.stringify([
        {
          role: 'assistant',
          parts: [
            {
              type: 'text',
              content: Array.from({ length: 30 }, (_, at) => `${at + 1}. Fold and rest.`).join(
                '\n',
              ),
            },
          ],
          finish_reason: 'length',
        },
      ]),
    },
    events: [{ name: 'gen_ai.content.first_token', after: 90 }],
  }),
  chat({
    id: 'genai-logs',
    title: 'A model call with one log record a message (conventions up to 1.36)',
    name: 'chat gpt-4o-mini',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.prompt_tokens': 41,
      'gen_ai.usage.completion_tokens': 7,
    },
    logs: [
      { after: 1, eventName: 'gen_ai.system.message', body: { content: SYSTEM } },
      {
        after: 2,
        eventName: 'gen_ai.user.message',
        body: { content: 'Name the loaf of the day.' },
      },
      {
        after: 300,
        eventName: 'gen_ai.choice',
        body: {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            tool_calls: [
              {
                id: 'c1',
                type: 'function',
                function: { name: 'today', arguments: '{"zone":"CET"}' },
              },
            ],
          },
        },
      },
    ],
  }),
  chat({
    id: 'genai-details',
    title: 'A model call with its messages in a log event',
    name: 'chat claude',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude',
      ...USAGE,
    },
    logs: [
      {
        after: 299,
        eventName: 'gen_ai.client.inference.operation.details',
        body: '',
        attributes: {
          'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: QUESTION }] }],
          'gen_ai.output.messages': [
            {
              role: 'assistant',
              parts: [{ type: 'text', content: ANSWER }],
              finish_reason: 'stop',
            },
          ],
        },
      },
    ],
  }),
  chat({
    id: 'genai-indexed',
    title: 'A model call in indexed attributes (OpenLLMetry)',
    name: 'openai.chat',
    attributes: {
      'llm.request.type': 'chat',
      'gen_ai.system': 'OpenAI',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.prompt.0.role': 'system',
      'gen_ai.prompt.0.content': SYSTEM,
      'gen_ai.prompt.1.role': 'user',
      'gen_ai.prompt.1.content': QUESTION,
      'gen_ai.completion.0.role': 'assistant',
      'gen_ai.completion.0.finish_reason': 'tool_calls',
      'gen_ai.completion.0.tool_calls.0.id': 'call_1',
      'gen_ai.completion.0.tool_calls.0.name': 'similar_orders',
      'gen_ai.completion.0.tool_calls.0.arguments': '{"order":8812}',
      'gen_ai.usage.prompt_tokens': 1142,
      'gen_ai.usage.completion_tokens': 86,
      'llm.usage.total_tokens': 1228,
    },
  }),
  chat({
    id: 'genai-openinference',
    title: 'A model call in the names of OpenInference',
    name: 'ChatCompletion',
    kind: 'internal',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.system': 'openai',
      'llm.provider': 'azure',
      'llm.model_name': 'gpt-4o-mini',
      'llm.invocation_parameters': '{"temperature":0.1,"max_tokens":400}',
      'llm.token_count.prompt': 1142,
      'llm.token_count.completion': 86,
      'llm.token_count.total': 1228,
      'llm.token_count.prompt_details.cache_read': 928,
      'llm.input_messages.0.message.role': 'system',
      'llm.input_messages.0.message.content': SYSTEM,
      'llm.input_messages.1.message.role': 'user',
      'llm.input_messages.1.message.contents.0.message_content.type': 'text',
      'llm.input_messages.1.message.contents.0.message_content.text': QUESTION,
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'call_1',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'similar_orders',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"order":8812}',
      'input.value': '{"messages":[]}',
      'input.mime_type': 'application/json',
    },
  }),
  chat({
    id: 'genai-vercel',
    title: 'A model call in the names of the Vercel AI SDK',
    name: 'ai.generateText.doGenerate',
    kind: 'internal',
    attributes: {
      'operation.name': 'ai.generateText.doGenerate risk-score',
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.provider': 'openai.chat',
      'ai.model.id': 'gpt-4o-mini',
      'ai.telemetry.functionId': 'risk-score',
      'ai.prompt.messages': JSON.stringify([
        { role: 'system', content: SYSTEM },
        { role: 'user', content: [{ type: 'text', text: QUESTION }] },
      ]),
      'ai.response.text': ANSWER,
      'ai.response.toolCalls': JSON.stringify([
        {
          toolCallType: 'function',
          toolCallId: 'call_1',
          toolName: 'similar_orders',
          args: '{"order":8812}',
        },
      ]),
      'ai.response.finishReason': 'stop',
      'ai.response.msToFirstChunk': 71.4,
      'ai.usage.promptTokens': 1142,
      'ai.usage.completionTokens': 86,
    },
  }),
  chat({
    id: 'genai-tool',
    title: 'A tool that a model called',
    name: 'execute_tool similar_orders',
    kind: 'internal',
    lengthMs: 30,
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'similar_orders',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.call.arguments': '{"order":8812,"limit":3}',
      'gen_ai.tool.call.result': '{"paid":[7701,7518,6920],"open":[]}',
    },
  }),
  chat({
    id: 'genai-silent',
    title: 'A model call without its content',
    name: 'chat llama3.2:3b',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': 'llama3.2:3b',
      ...USAGE,
    },
  }),
];
