// A request as Gemini's generateContent takes it. The model and whether to stream are in the URL, which the adapter writes.
import type { ChatRequest, JsonObject, Tool } from '../core/chat.ts';
import { ANSWER_TOOL, ANSWER_TOOL_ABOUT, ANY_OBJECT } from './answer-tool.ts';
import type { WriteOptions } from './dialect.ts';
import { writeGeminiConversation } from './gemini-conversation.ts';
import { type GeminiTraits, geminiTraits, thinkingConfigOf } from './gemini-models.ts';
import { narrowSchema, type SchemaRules } from './json-schema.ts';
import { objectOf } from './loose.ts';

/** What responseJsonSchema and parametersJsonSchema document; `oneOf` is read as `anyOf`, `const` is not known. */
const SCHEMA_RULES: SchemaRules = {
  keep: new Set(
    (
      '$defs $ref type format title description enum items prefixItems minItems maxItems ' +
      'minimum maximum anyOf properties additionalProperties required'
    ).split(' '),
  ),
  closed: false,
  constAsEnum: true,
};

type Answer =
  | { readonly by: 'text' }
  | { readonly by: 'json'; readonly schema?: JsonObject }
  | { readonly by: 'tool'; readonly schema: JsonObject };

/** JSON mode, except beside functions where the model refuses the two together: there the answer is a function of its own. */
const answerOf = ({ output, tools, toolChoice }: ChatRequest, traits: GeminiTraits): Answer => {
  if (output.kind === 'text') return { by: 'text' };
  const schema = output.kind === 'schema' ? narrowSchema(output.schema, SCHEMA_RULES) : undefined;
  if (tools.length > 0 && toolChoice !== 'none' && !traits.jsonWithTools)
    return { by: 'tool', schema: schema ?? ANY_OBJECT };
  return schema ? { by: 'json', schema } : { by: 'json' };
};

const hasProperties = (schema: JsonObject): boolean => Object.keys(objectOf(schema['properties']) ?? {}).length > 0;

/** A function without parameters has no schema: an empty object is refused. */
const declarationOf = (tool: Tool): JsonObject => ({
  name: tool.name,
  description: tool.description ?? '',
  ...(hasProperties(tool.parameters) || tool.parameters['$ref'] !== undefined
    ? { parametersJsonSchema: narrowSchema(tool.parameters, SCHEMA_RULES) }
    : {}),
});

const toolsOf = ({ tools, toolChoice }: ChatRequest, answer: Answer, traits: GeminiTraits): JsonObject => {
  // Some models refuse declarations beside JSON mode; a caller who wants no call loses nothing by leaving them out.
  if (answer.by === 'json' && toolChoice === 'none' && !traits.jsonWithTools) return {};
  const declarations = tools.map(declarationOf);
  if (answer.by === 'tool')
    declarations.push({ name: ANSWER_TOOL, description: ANSWER_TOOL_ABOUT, parametersJsonSchema: answer.schema });
  return declarations.length === 0 ? {} : { tools: [{ functionDeclarations: declarations }] };
};

/** VALIDATED is AUTO with calls held to their schemas: what strict tools ask for. */
const choiceOf = ({ tools, toolChoice }: ChatRequest, answer: Answer): JsonObject => {
  const mode = (config: JsonObject): JsonObject => ({ toolConfig: { functionCallingConfig: config } });
  if (tools.length === 0) return {};
  if (toolChoice === 'none') return answer.by === 'json' ? {} : mode({ mode: 'NONE' });
  if (toolChoice === 'required') return mode({ mode: 'ANY' });
  if (toolChoice !== undefined && toolChoice !== 'auto')
    return mode({ mode: 'ANY', allowedFunctionNames: [toolChoice.name] });
  if (answer.by === 'tool') return mode({ mode: 'ANY' });
  if (tools.some(({ strict }) => strict === true)) return mode({ mode: 'VALIDATED' });
  return toolChoice === 'auto' ? mode({ mode: 'AUTO' }) : {};
};

/** OpenAI-style clients have no field of their own for it; where they send one it is called top_k. */
const topKOf = ({ body, features }: ChatRequest): JsonObject =>
  features.includes('top_k') && typeof body['top_k'] === 'number' ? { topK: body['top_k'] } : {};

const generationConfigOf = (
  request: ChatRequest,
  { answer, traits, cap }: { readonly answer: Answer; readonly traits: GeminiTraits; readonly cap: number | undefined },
): JsonObject => {
  const thinking = request.effort === undefined ? undefined : thinkingConfigOf(request.effort, traits);
  return {
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.topP === undefined ? {} : { topP: request.topP }),
    ...topKOf(request),
    ...(cap === undefined ? {} : { maxOutputTokens: cap }),
    ...(request.stop.length === 0 ? {} : { stopSequences: request.stop }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(answer.by === 'json' ? { responseMimeType: 'application/json' } : {}),
    ...(answer.by === 'json' && answer.schema ? { responseJsonSchema: answer.schema } : {}),
    ...(thinking === undefined ? {} : { thinkingConfig: thinking }),
  };
};

/** From the client's own body, where the client speaks this dialect: only the cap changes; the model is in the URL. */
const passedThrough = ({ body }: ChatRequest, { maxOutputTokens }: WriteOptions): JsonObject => {
  const { model: _, stream: __, ...rest } = body;
  if (maxOutputTokens === undefined) return rest;
  return { ...rest, generationConfig: { ...objectOf(rest['generationConfig']), maxOutputTokens } };
};

/** Pure. */
export const writeGeminiRequest = (request: ChatRequest, options: WriteOptions): JsonObject => {
  if (request.dialect === 'gemini') return passedThrough(request, options);
  const traits = geminiTraits(options.wireId);
  const answer = answerOf(request, traits);
  const { system, contents } = writeGeminiConversation(request.messages, traits.signedCalls);
  const cap = options.maxOutputTokens ?? request.maxOutputTokens;
  const config = generationConfigOf(request, { answer, traits, cap });
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents,
    ...toolsOf(request, answer, traits),
    ...choiceOf(request, answer),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
  };
};
