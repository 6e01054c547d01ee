// Who sells in the matrix: known names, so that what is known of real providers applies, and addresses where nobody is.
import type { DialectName } from '../../src/core/dialect.ts';
import type { BillingRule } from '../support/truth-bill/bill.ts';

export type Seller = {
  readonly dialect: DialectName;
  /** USD per million tokens: odd numbers, so that every amount has to be rounded. The fallbacks are the dearer ones. */
  readonly price: readonly [input: number, output: number];
  readonly billing: BillingRule;
};

const STOPS: BillingRule = { onCancel: 'stops', onError: 'nothing' };
const CONTINUES: BillingRule = { onCancel: 'continues', onError: 'nothing' };

export const SELLERS = {
  openai: { dialect: 'chat', price: [0.137213, 0.589371], billing: STOPS },
  anthropic: { dialect: 'messages', price: [0.291837, 1.137119], billing: STOPS },
  gemini: { dialect: 'gemini', price: [0.173911, 0.701537], billing: CONTINUES },
  mistral: { dialect: 'chat', price: [0.183119, 0.650001], billing: CONTINUES },
  /** Bills the prompt of what fails: said in its configuration. */
  strict: { dialect: 'chat', price: [0.193771, 0.611113], billing: { onCancel: 'continues', onError: 'prompt' } },
  together: { dialect: 'chat', price: [0.991337, 3.771939], billing: STOPS },
  nowhere: { dialect: 'chat', price: [0.1, 0.3], billing: STOPS },
  refused: { dialect: 'chat', price: [0.1, 0.3], billing: STOPS },
  expired: { dialect: 'chat', price: [0.1, 0.3], billing: STOPS },
  tlsreset: { dialect: 'chat', price: [0.1, 0.3], billing: STOPS },
  blackhole: { dialect: 'chat', price: [0.1, 0.3], billing: STOPS },
} as const satisfies Readonly<Record<string, Seller>>;

export type SellerName = keyof typeof SELLERS;
export type DeadEnd = Extract<SellerName, 'nowhere' | 'refused' | 'expired' | 'tlsreset' | 'blackhole'>;

export const SELLER_NAMES = Object.keys(SELLERS) as readonly SellerName[];
const DEAD_ENDS: ReadonlySet<SellerName> = new Set<DeadEnd>(['nowhere', 'refused', 'expired', 'tlsreset', 'blackhole']);
export const isDeadEnd = (name: SellerName): name is DeadEnd => DEAD_ENDS.has(name);

/** The seller that steps in, of another dialect than the one that fails. */
export const fallbackFor = (primary: SellerName): SellerName =>
  SELLERS[primary].dialect === 'chat' ? 'anthropic' : 'together';
