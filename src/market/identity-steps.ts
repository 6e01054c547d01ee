// The steps from a seller's id to a model's name, in order, each a pure function. They propose; the alias table disposes.

export type Draft = {
  /** What is left of the id. */
  readonly name: string;
  /** A hint from the path, in the seller's words. */
  readonly author?: string;
  /** A dated build: the same model, not the same price. */
  readonly snapshot?: string;
  /** How it is served: quantisation, speed, region, free tier. */
  readonly variants: readonly string[];
};

/** What the table says of names, so that a step can ask. */
export type Lexicon = {
  /** Does the name start like a model family? */
  readonly familyOf: (name: string) => string | undefined;
  readonly isAuthor: (segment: string) => boolean;
  readonly isOpenWeights: (name: string) => boolean;
};

type Step = (draft: Draft, lexicon: Lexicon) => Draft;

const withVariant = (draft: Draft, name: string, variant: string): Draft => ({
  ...draft,
  name,
  variants: [...draft.variants, variant],
});

const NEUTRAL_REGION = /^(global|global-standard|standard)$/;
const REGION_SEGMENT = /^(us|eu|apac|jp|au|ca|sa|uk|in|us-gov|data-zone|(us|eu|ap|sa|ca|me|af|us-gov)-[a-z]+-\d)$/;
const NOT_AN_AUTHOR =
  /^(accounts|models|routers|fireworks|workers-ai|@cf|@hf|route|public|pro|tee|chat-completion|deployments|invoke|converse|lora|hf|ps)$/;

/** `accounts/fireworks/models/x` → x; the nearest segment that can be an author is remembered as a hint. */
const lastSegment: Step = (draft, lexicon) => {
  const segments = draft.name.replaceAll('--', '/').split('/').filter(Boolean);
  const name = segments.at(-1) ?? draft.name;
  const earlier = segments.slice(0, -1);
  const author = earlier.findLast((part) => lexicon.isAuthor(part)) ?? earlier.findLast((part) => !isPlumbing(part));
  const regions = earlier.filter((part) => REGION_SEGMENT.test(part));
  return { ...draft, name, ...(author ? { author } : {}), variants: [...draft.variants, ...regions] };
};
const isPlumbing = (part: string): boolean =>
  NOT_AN_AUTHOR.test(part) || REGION_SEGMENT.test(part) || NEUTRAL_REGION.test(part);

/** `x:free` is another offer of x; `x:70b` is a size; `x-v1:0` is a version of the wire, not of the model. */
const colon: Step = (draft) => {
  const [name = '', ...tags] = draft.name.split(':');
  const tag = tags.join(':');
  if (!tag || tag === 'latest') return { ...draft, name };
  if (/^\d{1,2}$/.test(tag)) return { ...draft, name: name.replace(/-v\d$/, '') };
  if (/^(a?\d+(\.\d+)?[bme]|e\d+b)\b/.test(tag)) return { ...draft, name: `${name}-${tag}` };
  const wire = /^\d{1,2}:/.exec(tag)?.[0];
  const bare = wire ? name.replace(/-v\d$/, '') : name;
  return withVariant(draft, bare, tag.slice(wire?.length ?? 0).replaceAll(':', '-'));
};

const BEDROCK_REGION = /^(us|eu|apac|global|jp|au|ca|sa|us-gov|regional)\./;

/** `us.anthropic.claude-…` → claude-…, with its region kept: cross-region inference has a price of its own. */
const vendorDots: Step = (draft, lexicon) => {
  const region = BEDROCK_REGION.exec(draft.name)?.[1];
  const rest = region ? draft.name.slice(region.length + 1) : draft.name;
  const vendor = /^([a-z0-9-]+)\.(?=[a-z])/.exec(rest)?.[1];
  const known = vendor !== undefined && lexicon.isAuthor(vendor);
  const bare = known ? rest.slice(vendor.length + 1) : rest;
  // `deepseek.v3.2`: the vendor is half of the name.
  const name = known && /^[vr]\d/.test(bare) ? `${vendor}-${bare}` : bare;
  const variants = region && region !== 'global' ? [...draft.variants, region] : draft.variants;
  return { ...draft, name, variants, ...(known ? { author: vendor } : {}) };
};

const RESELLER =
  /^(databricks|snowflake|cohere|nvidia|xiaomi|zai-org|z-ai|zai|google|anthropic|openai|meta|coding|azure|alibaba|qwen|moonshotai|umans|xpersona|deepseek-ai|mistralai)-(?=[a-z])/;
const MOST_PREFIXES = 3;

/** `databricks-claude-…`: a prefix goes when what remains starts like a known family, and only then. */
const resellerPrefix: Step = (draft, lexicon) => {
  let { name } = draft;
  for (let round = 0; round < MOST_PREFIXES; round += 1) {
    const rest = name.replace(RESELLER, '');
    if (rest === name || (!lexicon.familyOf(rest) && !RESELLER.test(rest))) break;
    name = rest;
  }
  return { ...draft, name: lexicon.familyOf(name) ? name : draft.name };
};

/** `@20250929`, `-20250929`, `-2024-08-06`: a build. Four digits (`-0324`, `-2507`) stay: on open weights they are other weights. */
const buildDate: Step = (draft) => {
  const name = draft.name.replace(/@(default|latest)$/, '');
  const found = /[-@](20\d{2})-?(0[1-9]|1[0-2])-?([0-3]\d)(-v\d)?$/.exec(name);
  if (found) return { ...draft, name: name.slice(0, found.index), snapshot: `${found[1]}${found[2]}${found[3]}` };
  const at = /@(\w+)$/.exec(name);
  return at ? { ...draft, name: name.slice(0, at.index), snapshot: at[1] ?? '' } : { ...draft, name };
};

/** `3-3`, `v3p2`, `4_5` → 3.3, v3.2, 4.5; `llama3.3` → llama-3.3; `qwen-2.5` → qwen2.5. */
const punctuation: Step = (draft) => ({
  ...draft,
  name: draft.name
    .replaceAll(/(\d)[p_](?=\d)/g, '$1.')
    .replaceAll('_', '-')
    .replace(/(?<![\d.])(0|[1-9]\d?)-(\d{1,2})(?=$|-)(?!-\d{2}$)/, '$1.$2')
    .replace(/^(llama|gemma|phi|gpt|grok|glm|command|nova)(?=\d)/, '$1-')
    .replace(/^(meta-)?llama-v?(?=\d)/, 'llama-')
    .replace(/^qwen-?v?(?=\d)/, 'qwen')
    .replace(/^(gpt-5|qwen3)([1-9])(?=$|-)/, '$1.$2')
    .replace(/^(claude-(?:opus|sonnet|haiku))(?=\d)/, '$1-')
    .replace(/^(minimax-m2)([1-9])(?=$|-)/, '$1.$2'),
});

/** Claude 4 and later are family-version, earlier ones version-family, whatever the seller writes. */
const claudeOrder: Step = (draft) => {
  const found =
    /^claude-(?:(\d+(?:\.\d+)?)-(haiku|sonnet|opus|fable)|(haiku|sonnet|opus|fable)-(\d+(?:\.\d+)?))(?=$|-)/.exec(
      draft.name,
    );
  if (!found) return draft;
  const version = (found[1] ?? found[4] ?? '').replace(/\.0$/, '');
  const family = found[2] ?? found[3] ?? '';
  const head = Number.parseInt(version, 10) < 4 ? `claude-${version}-${family}` : `claude-${family}-${version}`;
  // A `-v1` left after the version is the wire's, as on Bedrock.
  return { ...draft, name: head + draft.name.slice(found[0].length).replace(/^-v\d$/, '') };
};

const SERVING =
  /-(fp8|fp4|fp16|nvfp4|mxfp4|int4|int8|bf16|awq|gptq|\dbit|w4a16|fast|highspeed|lightning|tee|tput|spot|priority|flex|maas|hf|ultrafast|throughput|dynamic|free|mtp)$/;
const TURBO_IS_SERVING = /(^(deepseek|kimi|minimax)-.*|\d+b(-.*)?)-turbo$/;
/** Here the word is the name. */
const LIGHTNING_IS_A_NAME = /^nemotron-.*-lightning$/;
const MOST_SUFFIXES = 4;

/** On open weights, how it is served is not what it is. `glm-5-turbo` and `qwen-turbo` are models: turbo goes only beside a size. */
const servingSuffix: Step = (draft, lexicon) => {
  let result = draft;
  if (result.name.endsWith('-free')) result = withVariant(result, result.name.replace(/-free$/, ''), 'free');
  if (!lexicon.isOpenWeights(result.name)) return result;
  for (let round = 0; round < MOST_SUFFIXES; round += 1) {
    const { name } = result;
    const suffix = SERVING.exec(name)?.[1] ?? (TURBO_IS_SERVING.test(name) ? 'turbo' : undefined);
    if (!suffix || LIGHTNING_IS_A_NAME.test(name)) break;
    result = withVariant(result, name.slice(0, -suffix.length - 1), suffix);
  }
  return result;
};

/** On open weights the tuned model is what everybody sells; sellers only differ in whether they say so. */
const tuned: Step = (draft, lexicon) =>
  lexicon.isOpenWeights(draft.name)
    ? { ...draft, name: draft.name.replace(/-instruct(?=-|$)/, '').replace(/-(it|versatile|instant)$/, '') }
    : draft;

const lowerCase: Step = (draft) => ({
  ...draft,
  name: draft.name
    .trim()
    .toLowerCase()
    .replace(/^(~|hf:)/, ''),
});

const STEPS: readonly Step[] = [
  lowerCase,
  lastSegment,
  colon,
  vendorDots,
  resellerPrefix,
  buildDate,
  punctuation,
  claudeOrder,
  servingSuffix,
  tuned,
];

/** A seller's id to a proposal. Pure; the same id always gives the same draft. */
export const propose = (wireId: string, lexicon: Lexicon): Draft =>
  STEPS.reduce<Draft>((draft, step) => step(draft, lexicon), { name: wireId, variants: [] });
