// A chat client's body as we understand it: what is read, what becomes a need, what is refused and with which words.
import { describe, expect, it } from 'vitest';
import { RouterError } from '../../../src/core/errors.ts';
import { parseChatRequest } from '../../../src/dialects/chat-request.ts';

const hello = { role: 'user', content: 'Hello?' };
const parse = (body: object) => parseChatRequest({ model: 'auto', messages: [hello], ...body }, 10);
const featuresOf = (body: object) => parse(body).features;

const refusal = (body: unknown): RouterError => {
  try {
    parseChatRequest(body, 10);
  } catch (error) {
    if (error instanceof RouterError) return error;
    throw error;
  }
  throw new Error('it was taken');
};
const refused = (body: object) => refusal({ model: 'auto', messages: [hello], ...body });

const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };
const called = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
};

describe('a chat request', () => {
  it('reads every role', () => {
    const { messages } = parse({
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        hello,
        { ...called, content: 'Looking.' },
        { role: 'tool', tool_call_id: 'c1', content: 'snow' },
      ],
    });
    expect(messages).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'system', text: 'a\nb' },
      { role: 'user', parts: [{ type: 'text', text: 'Hello?' }] },
      { role: 'assistant', text: 'Looking.', toolCalls: [{ id: 'c1', name: 'weather', arguments: '{}' }] },
      { role: 'tool', callId: 'c1', name: 'weather', text: 'snow', isError: false },
    ]);
  });

  it('reads settings, and null as not set', () => {
    expect(
      parse({
        max_tokens: 5,
        max_completion_tokens: 7,
        temperature: 0,
        top_p: null,
        stop: 'END',
        seed: 3,
        reasoning_effort: 'low',
        stream: true,
        stream_options: { include_usage: true },
      }),
    ).toMatchObject({
      maxOutputTokens: 7,
      temperature: 0,
      stop: ['END'],
      seed: 3,
      effort: 'low',
      stream: true,
      includeUsage: true,
      features: ['seed'],
    });
    expect(parse({ top_p: null })).not.toHaveProperty('topP');
  });

  it('keeps the body as it came', () => {
    const body = { model: 'auto', messages: [hello], strange: { deep: [1] } };
    expect(parseChatRequest(body, 77)).toMatchObject({ body, bytes: 77, features: ['field:strange'] });
  });

  it('reads tools, a choice among them and calls one at a time', () => {
    const choice = { type: 'function', function: { name: 'weather' } };
    const request = parse({ tools: [weather], tool_choice: choice, parallel_tool_calls: false });
    expect(request.tools).toEqual([{ name: 'weather', parameters: { type: 'object' } }]);
    expect(request.toolChoice).toEqual({ name: 'weather' });
    expect(request.features).toEqual(['serial_tools']);
  });

  it('reads the form of the answer', () => {
    const schema = { type: 'object', properties: {} };
    expect(
      parse({ response_format: { type: 'json_schema', json_schema: { name: 'r', schema, strict: true } } }),
    ).toMatchObject({
      output: { kind: 'schema', name: 'r', schema, strict: true },
      features: [],
    });
    expect(parse({ response_format: { type: 'json_object' } })).toMatchObject({
      output: { kind: 'json' },
      features: ['json_object'],
    });
  });

  it('takes an image inline or by address; only the address is a need', () => {
    const image = (url: string) =>
      parse({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url, detail: 'low' } }] }] });
    expect(image('data:image/PNG;base64,AAAA')).toMatchObject({
      features: [],
      messages: [
        { parts: [{ type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'low' }] },
      ],
    });
    expect(image('https://example.com/a.png')).toMatchObject({
      features: ['image_url'],
      messages: [{ parts: [{ source: { from: 'url', url: 'https://example.com/a.png' } }] }],
    });
  });

  it.each([
    [{ n: 2 }, 'choices'],
    [{ logprobs: true }, 'logprobs'],
    [{ top_logprobs: 2 }, 'logprobs'],
    [{ presence_penalty: 0.1 }, 'penalties'],
    [{ frequency_penalty: -1 }, 'penalties'],
    [{ logit_bias: { 5: 1 } }, 'logit_bias'],
    [{ top_k: 40 }, 'top_k'],
    [{ modalities: ['text', 'audio'] }, 'audio'],
    [{ store: true }, 'field:store'],
    [{ service_tier: 'flex' }, 'field:service_tier'],
    [{ reasoning_effort: 'xhigh' }, 'field:reasoning_effort.xhigh'],
    [{ tools: [{ type: 'web_search' }] }, 'field:tools.web_search'],
    [{ functions: [] }, 'field:functions'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }, 'audio'],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }, 'file'],
    [{ messages: [{ role: 'user', content: [{ type: 'video_url' }] }] }, 'field:content.video_url'],
    [{ messages: [{ ...hello, name: 'Ann' }] }, 'field:messages.name'],
  ] as const)('%j is the need %s', (body, feature) => {
    expect(featuresOf(body)).toEqual([feature]);
  });

  it.each([
    [{ n: 1 }],
    [{ logprobs: false, presence_penalty: 0, frequency_penalty: null, logit_bias: {} }],
    [{ user: 'u', metadata: { a: 'b' }, store: false, service_tier: 'auto' }],
    [{ prompt_cache_key: 'k', safety_identifier: 's', modalities: ['text'] }],
    [{ stream: true, stream_options: { include_usage: false } }],
    [
      {
        messages: [
          hello,
          { role: 'assistant', content: 'a', refusal: null, audio: null, annotations: [], reasoning_content: 'r' },
          hello,
        ],
      },
    ],
  ])('%j needs nothing', (body) => {
    expect(featuresOf(body)).toEqual([]);
  });

  it.each([
    [{ model: '' }, 'model'],
    [{ model: 5 }, 'model'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [hello, { role: 'robot', content: '' }] }, 'messages[1].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [
      { messages: [hello, hello, { role: 'user', content: [{ type: 'text', text: 1 }] }] },
      'messages[2].content[0].text',
    ],
    [{ messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].type'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:text/html;base64,AA' } }] }],
      },
      'messages[0].content[0].image_url.url',
    ],
    [{ messages: [{ role: 'tool', tool_call_id: 'c9', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [called, { role: 'tool', content: 'x' }] }, 'messages[1].tool_call_id'],
    [{ temperature: 3 }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_p: -0.1 }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ seed: 0.5 }, 'seed'],
    [{ stop: ['a', 5] }, 'stop[1]'],
    [{ stream: 'yes' }, 'stream'],
    [{ reasoning_effort: 'extreme' }, 'reasoning_effort'],
    [{ n: 17 }, 'n'],
    [{ presence_penalty: 9 }, 'presence_penalty'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ tool_choice: 'sometimes' }, 'tool_choice'],
    [{ tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } }, 'tool_choice.function.name'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'r' } } }, 'response_format.json_schema.schema'],
  ])('%j is refused at %s', (body, param) => {
    const error = refused(body);
    expect(error.code).toBe('invalid_request');
    expect(error.detail.param).toBe(param);
    expect(error.message.length).toBeGreaterThan(param.length);
  });

  it.each(['api_base', 'base_url', 'api_key', 'extra_body', 'models', 'fallbacks', 'provider', 'litellm_params'])(
    '%s is not a caller’s to say',
    (name) => {
      const error = refused({ [name]: 'http://169.254.169.254/' });
      expect(error.detail.param).toBe(name);
      expect(error.message).not.toContain('169.254');
    },
  );

  it('is no list, no text and no null', () => {
    for (const body of [[], 'x', null, undefined, 5]) expect(refusal(body).code).toBe('invalid_request');
  });

  it('is bounded', () => {
    expect(refused({ messages: Array.from({ length: 2049 }, () => hello) }).detail.param).toBe('messages');
    expect(refused({ tools: Array.from({ length: 129 }, () => weather) }).detail.param).toBe('tools');
    expect(refused({ stop: Array.from({ length: 17 }, () => 'a') }).detail.param).toBe('stop');
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`f${at}`, 1]));
    expect(refused(many).detail.param).toBe('body');
  });

  it('takes a field named like a property of every object for what it is: unknown', () => {
    expect(featuresOf(JSON.parse('{"constructor": 1, "toString": 2}') as object)).toEqual([
      'field:constructor',
      'field:toString',
    ]);
  });
});
