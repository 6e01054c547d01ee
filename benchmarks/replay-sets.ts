// Which recordings bench:replay plays, with what budgets and seeds, and which two models of each are told apart.

export type BenchSet = {
  /** File name without .jsonl.gz. */
  readonly name: string;
  readonly seeds: number;
  /** Dollars per request; without them three between the cheapest and the best fixed model. */
  readonly budgets?: readonly number[];
  readonly weak: string;
  readonly strong: string;
};

/** The budgets for which published figures exist on these prompts. */
const PUBLISHED = [2.9e-5, 8.3e-5, 2.3e-4, 6.6e-4, 1.9e-3, 5.3e-3, 1.5e-2] as const;

export const SETS: readonly BenchSet[] = [
  {
    name: 'pareto-val-3',
    seeds: 10,
    budgets: PUBLISHED,
    weak: 'meta-llama/llama-3.1-8b-instruct',
    strong: 'mistralai/mistral-large-2512',
  },
  {
    name: 'pareto-val-4',
    seeds: 5,
    budgets: PUBLISHED,
    weak: 'meta-llama/llama-3.1-8b-instruct',
    strong: 'google/gemini-2.5-flash',
  },
  { name: 'routerbench-partial-11', seeds: 3, weak: 'mistralai/mixtral-8x7b-chat', strong: 'gpt-4-1106-preview' },
  { name: 'mmlu-pro-29', seeds: 2, weak: 'Meta-Llama-3_1-8B-Instruct', strong: 'Meta-Llama-3_1-70B-Instruct' },
  { name: 'bfcl-71', seeds: 3, weak: 'claude-3-haiku-20240307', strong: 'gpt-4-0125-preview' },
  { name: 'zeroeval-math-crux', seeds: 3, weak: 'gpt-4o-mini-2024-07-18', strong: 'o1-mini-2024-09-12' },
  { name: 'llmrouter-9', seeds: 2, weak: 'llama-3.1-8b-instruct', strong: 'llama-3.1-nemotron-51b-instruct' },
];

/** cold: nothing but the catalogue · warm: half of the prompts, drawn per seed, learned from in full, the other half routed. Both learn as they go. */
export const STARTS = ['cold', 'warm'] as const;
export type Start = (typeof STARTS)[number];

/** Labels of the supervised comparison of two models; half of the prompts where that is fewer. */
export const PAIR_LABELS = 1_500;
export const PAIR_SEEDS = 3;
