// What each feed calls a seller, and what we call it. A name that is not here is its own.

const NAMES: Readonly<Record<string, string>> = {
  google: 'gemini',
  togetherai: 'together',
  'together-ai': 'together',
  'fireworks-ai': 'fireworks',
  'x-ai': 'xai',
  alibaba: 'qwen',
  dashscope: 'qwen',
  'alibaba-cn': 'qwen-cn',
  'amazon-bedrock': 'bedrock',
  'bedrock-converse': 'bedrock',
  aws: 'bedrock',
  'azure-ai': 'azure',
  'azure-text': 'azure',
  'google-vertex': 'vertex',
  'google-vertex-anthropic': 'vertex',
  'vertex-ai': 'vertex',
  'cohere-chat': 'cohere',
  'text-completion-openai': 'openai',
  'text-completion-codestral': 'codestral',
  moonshot: 'moonshotai',
  'novita-ai': 'novita',
  'nvidia-nim': 'nvidia',
  friendliai: 'friendli',
  gmi: 'gmicloud',
  'gradient-ai': 'digitalocean',
  'cloudflare-workers-ai': 'cloudflare',
  'vercel-ai-gateway': 'vercel',
  'meta-llama': 'llama',
  'nebius-ai': 'nebius',
  'snowflake-cortex': 'snowflake',
  'lambda-ai': 'lambda',
  'wafer.ai': 'wafer',
  zhipu: 'zhipuai',
  'google-ai-studio': 'gemini',
  vertexanthropic: 'vertex',
  'moonshot-ai': 'moonshotai',
  'z-ai': 'zai',
  'z.ai': 'zai',
};

/** Our name of a seller: lower case, hyphens, and one name for one company's one price list. */
export const providerName = (feedName: string): string => {
  const plain = feedName.trim().toLowerCase().replaceAll('_', '-').replaceAll(' ', '-');
  if (plain.startsWith('vertex-ai-')) return 'vertex';
  return NAMES[plain] ?? plain;
};
