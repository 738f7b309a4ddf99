// A model that calls one tool. It speaks the wire formats of Anthropic Messages, OpenAI Responses and Chat Completions, and
// Gemini, as far as agent hosts need them, on loopback alone. It refuses a request as the providers do: for a tool's name
// that is not `^[a-zA-Z0-9_-]{1,64}$`, and for a schema with null or a list of types.

import { createServer } from 'node:http';

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const WANTED = /(^|[^a-zA-Z0-9])todo[_-]create$/;
/** The title of the task that it adds. */
export const TASK = 'Call the dentist';
const ARGUMENTS = { title: TASK };
const LAST_WORDS = 'The task is there.';

/** What is wrong with the tools of a request, if anything is. */
function refusal(tools) {
  for (const { name, schema } of tools) {
    if (!NAME.test(name)) return `tools: the name "${name}" does not match ${NAME}`;
    if (/todo|notes|habits|journal|spaces/.test(name)) {
      const fault = faultOf(schema);
      if (fault) return `tools.${name}: ${fault}`;
    }
  }
}

function faultOf(schema) {
  if (schema === null || typeof schema !== 'object') return undefined;
  if (Array.isArray(schema.type)) return `a list of types: ${JSON.stringify(schema.type)}`;
  if (schema.type === 'null') return 'the type null';
  if (Array.isArray(schema.enum) && schema.enum.includes(null)) return 'null in an enum';
  for (const value of Object.values(schema.properties ?? {})) {
    const fault = faultOf(value);
    if (fault) return fault;
  }
  return faultOf(schema.items);
}

const sse = (events) => events.map(([name, data]) => `${name ? `event: ${name}\n` : ''}data: ${data}\n\n`).join('');
const json = (value) => JSON.stringify(value);

/** Each wire format: which tools a request offers, whether it brings a result, and how an answer is written. */
const FORMATS = {
  anthropic: {
    path: /\/v1\/messages(\?|$)/,
    tools: ({ tools = [] }) => tools.map(({ name, input_schema: schema }) => ({ name, schema })),
    results: ({ messages = [] }) =>
      messages.flatMap(({ content }) => (Array.isArray(content) ? content : [])).filter(({ type }) => type === 'tool_result').map(({ content }) => content),
    answer(body, call) {
      const block = call ? { type: 'tool_use', id: 'toolu_1', name: call, input: {} } : { type: 'text', text: '' };
      const delta = call ? { type: 'input_json_delta', partial_json: json(ARGUMENTS) } : { type: 'text_delta', text: LAST_WORDS };
      const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } };
      const stop_reason = call ? 'tool_use' : 'end_turn';
      if (!body.stream) {
        const content = [call ? { ...block, input: ARGUMENTS } : { ...block, text: LAST_WORDS }];
        return { json: { ...message, content, stop_reason } };
      }
      return {
        sse: sse([
          ['message_start', json({ type: 'message_start', message })],
          ['content_block_start', json({ type: 'content_block_start', index: 0, content_block: block })],
          ['content_block_delta', json({ type: 'content_block_delta', index: 0, delta })],
          ['content_block_stop', json({ type: 'content_block_stop', index: 0 })],
          ['message_delta', json({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 1 } })],
          ['message_stop', json({ type: 'message_stop' })],
        ]),
      };
    },
  },
  responses: {
    path: /\/responses(\?|$)/,
    // Tools of a server may be grouped under a namespace, which the call names.
    tools: ({ tools = [] }) =>
      tools.flatMap(({ type, name, parameters, tools: inner = [] }) => {
        if (type === 'function') return [{ name, schema: parameters }];
        if (type !== 'namespace') return [];
        return inner.map((tool) => ({ name: tool.name, namespace: name, schema: tool.parameters }));
      }),
    results: ({ input }) => (Array.isArray(input) ? input : []).filter(({ type }) => type === 'function_call_output').map(({ output }) => output),
    answer(body, call, namespace) {
      const item = call
        ? { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: call, ...(namespace && { namespace }), arguments: json(ARGUMENTS), status: 'completed' }
        : { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: LAST_WORDS, annotations: [] }] };
      const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2, input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } };
      const response = { id: 'resp_1', object: 'response', created_at: 0, model: body.model, status: 'completed', output: [item], usage };
      if (!body.stream) return { json: response };
      return {
        sse: sse([
          ['response.created', json({ type: 'response.created', response: { ...response, status: 'in_progress', output: [] } })],
          ['response.output_item.added', json({ type: 'response.output_item.added', output_index: 0, item })],
          ['response.output_item.done', json({ type: 'response.output_item.done', output_index: 0, item })],
          ['response.completed', json({ type: 'response.completed', response })],
        ]),
      };
    },
  },
  chat: {
    path: /\/chat\/completions(\?|$)/,
    tools: ({ tools = [] }) => tools.filter(({ type }) => type === 'function').map(({ function: { name, parameters } }) => ({ name, schema: parameters })),
    results: ({ messages = [] }) => messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
    answer(body, call) {
      const tool_calls = call && [{ index: 0, id: 'call_1', type: 'function', function: { name: call, arguments: json(ARGUMENTS) } }];
      const message = { role: 'assistant', content: call ? null : LAST_WORDS, ...(call && { tool_calls }) };
      const finish_reason = call ? 'tool_calls' : 'stop';
      const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
      const base = { id: 'chatcmpl-1', created: 0, model: body.model };
      if (!body.stream) return { json: { ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage } };
      const chunk = (choices, more) => ['', json({ ...base, object: 'chat.completion.chunk', choices, ...more })];
      return {
        sse: sse([
          chunk([{ index: 0, delta: message, finish_reason: null }]),
          chunk([{ index: 0, delta: {}, finish_reason }]),
          chunk([], { usage }),
          ['', '[DONE]'],
        ]),
      };
    },
  },
  gemini: {
    path: /:(streamG|g)enerateContent/,
    tools: ({ tools = [] }) =>
      tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations).map(({ name, parametersJsonSchema, parameters }) => ({ name, schema: parametersJsonSchema ?? parameters })),
    results: ({ contents = [] }) => contents.flatMap(({ parts = [] }) => parts).filter(({ functionResponse }) => functionResponse).map(({ functionResponse }) => functionResponse),
    answer(body, call, _namespace, url) {
      const parts = [call ? { functionCall: { name: call, args: ARGUMENTS } } : { text: LAST_WORDS }];
      const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };
      const value = { candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }], usageMetadata };
      return url.includes('stream') ? { sse: sse([['', json(value)]]) } : { json: value };
    },
  },
};

/** Starts a model. `beforeCall` is awaited once, before the first tool call is answered. `forget` lets it call again. */
export async function startModel(beforeCall = async () => {}) {
  const seen = {};
  const forget = () => Object.assign(seen, { offered: undefined, called: undefined, results: [], refusals: [] });
  forget();
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const send = (status, type, body) => response.writeHead(status, { 'content-type': type }).end(body);
    const format = Object.values(FORMATS).find(({ path }) => path.test(request.url));
    if (request.method !== 'POST' || !format) {
      return send(200, 'application/json', json({ data: [], models: [], object: 'list', input_tokens: 1, totalTokens: 1 }));
    }
    let body;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString());
    } catch {
      return send(400, 'application/json', json({ error: { message: 'no JSON' } }));
    }
    const tools = format.tools(body);
    const fault = refusal(tools);
    if (fault) {
      seen.refusals.push(fault);
      return send(400, 'application/json', json({ type: 'error', error: { type: 'invalid_request_error', code: 400, message: fault } }));
    }
    seen.results.push(...format.results(body));
    const wanted = tools.find(({ name }) => WANTED.test(name));
    if (wanted) seen.offered = tools.length;
    const isFirst = wanted && !seen.called && format.results(body).length === 0;
    if (isFirst) {
      seen.called = wanted.namespace ? `${wanted.namespace}/${wanted.name}` : wanted.name;
      await beforeCall();
    }
    const answer = format.answer(body, isFirst ? wanted.name : undefined, wanted?.namespace, request.url);
    return answer.sse ? send(200, 'text/event-stream', answer.sse) : send(200, 'application/json', json(answer.json));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, seen, forget, stop: () => server.closeAllConnections() ?? server.close() };
}
