// The provider's own bill: what it charges for a call by its own rule and its own count, whatever was said on the wire.

/** USD in pico-dollars per token. */
export type Prices = { readonly input: bigint; readonly output: bigint };

/** What a provider charges when a call does not end as it should. */
export type BillingRule = {
  /** stops: what was made until the client left · continues: the whole answer, as if it had stayed. */
  readonly onCancel: 'stops' | 'continues';
  /** Whether a call that failed on the provider's side costs its prompt, and what was made of the answer. */
  readonly onError: 'nothing' | 'prompt';
};

export type Work = {
  /** error: refused with a status · broken: its own fault after status 200 · gone: the client left first. */
  readonly ended: 'complete' | 'error' | 'broken' | 'gone' | 'open';
  /** Tokens of the prompt, of the answer so far, and of the answer it meant to give. */
  readonly input: number;
  readonly made: number;
  readonly planned: number;
};

const PICO_PER_NANO = 1000n;

const nano = ({ input, output }: Prices, tokensIn: number, tokensOut: number): bigint =>
  (BigInt(tokensIn) * input + BigInt(tokensOut) * output + PICO_PER_NANO / 2n) / PICO_PER_NANO;

/** Nano-dollars, rounded half up once. */
export const billOf = ({ ended, input, made, planned }: Work, prices: Prices, rule: BillingRule): bigint => {
  switch (ended) {
    case 'complete':
      return nano(prices, input, made);
    case 'error':
      return rule.onError === 'prompt' ? nano(prices, input, 0) : 0n;
    case 'broken':
      // What was delivered was made, and is charged; an answer that never began is a failure like any other.
      return made > 0 || rule.onError === 'prompt' ? nano(prices, input, made) : 0n;
    case 'gone':
      return nano(prices, input, rule.onCancel === 'continues' ? Math.max(made, planned) : made);
    case 'open':
      return 0n;
    default:
      return ended satisfies never;
  }
};
