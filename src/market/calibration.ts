// Whether a seller's own bills come to what its price sheet says, and what follows for the sheet where they do not.
import type { OfferKey } from '../core/offer.ts';
import type { Attempt } from '../core/outcome.ts';
import { mainPricesOf, type PriceSheet } from '../core/price.ts';
import { type BilledCall, type BillCheck, BILLS_PER_OFFER, type Standing } from '../core/price-history.ts';
import { DISPUTED } from './trust.ts';

/** Fewer bills than this prove nothing. */
export const LEAST_BILLS = 20;
/** Bills further from the sheet than this contradict it; once they do, they agree again only when well inside. */
const TOLERANCE = 0.01;
const AGREES_AGAIN = 0.008;
/** One factor explains the bills when they scatter around it by no more than this. */
const STEADY = 0.02;
/** A ratio is told anew, and sheets are made anew, only when it has moved by this: every new sheet is a document in the ledger. */
const NEWS = 0.005;
const MOST_OFFERS = 5_000;

type Account = {
  /** Of the sheet the calls were computed with; other prices begin a new account. */
  readonly mainPrices: string;
  readonly since: number;
  /** The last BILLS_PER_OFFER. */
  readonly calls: BilledCall[];
  told: BillCheck;
};

/** The call behind an attempt, where its seller billed it by itself and the bill was believed. */
export const billedCallOf = ({
  offer,
  at,
  result,
  cost,
  billed,
  computed,
  mainPrices,
}: Attempt): BilledCall | undefined =>
  result === 'ok' && billed !== undefined && billed === cost && computed && mainPrices !== undefined
    ? { offer, at, billed, computed, mainPrices }
    : undefined;

const standingOf = (ratio: number, { calls, spread, before }: { calls: number; spread: number; before: Standing }) => {
  if (calls < LEAST_BILLS) return 'few';
  const tolerance = before === 'steady' || before === 'unsteady' ? AGREES_AGAIN : TOLERANCE;
  if (Math.abs(ratio - 1) <= tolerance) return 'agrees';
  return spread <= STEADY ? 'steady' : 'unsteady';
};

/** Ratio of sums, so that small calls, whose bills are rounded, weigh little. */
const checkOf = (offer: OfferKey, calls: readonly BilledCall[], before: Standing): BillCheck => {
  const computed = calls.reduce((sum, call) => sum + call.computed, 0);
  const ratio = calls.reduce((sum, call) => sum + call.billed, 0) / computed;
  const variance = calls.reduce((sum, call) => sum + call.computed * (call.billed / call.computed - ratio) ** 2, 0);
  const spread = Math.sqrt(variance / computed) / ratio;
  const count = calls.length;
  return { offer, ratio, spread, calls: count, standing: standingOf(ratio, { calls: count, spread, before }) };
};

const times = (ratio: number): string => `${ratio.toFixed(3)}×`;

/** In words, for reasons and for the operator. */
export const billCheckText = ({ standing, ratio, calls, spread }: BillCheck): string => {
  const bills = `bills come to ${times(ratio)} the price sheet over ${calls} calls`;
  return standing === 'unsteady' ? `${bills}, and scatter by ${(100 * spread).toFixed(1)} %` : bills;
};

/** A sheet that its seller's bills contradict is believed less; where they are steadily dearer, expectations are raised to them. */
const contradicted = (sheet: PriceSheet, bills: BillCheck): PriceSheet => {
  const isOverride = sheet.status === 'override';
  const raised = bills.standing === 'steady' && bills.ratio > 1 && !isOverride;
  const then = raised ? 'expected costs are raised by that' : isOverride ? 'the override stands' : 'the sheet stands';
  return {
    ...sheet,
    status: sheet.status === 'verified' || sheet.status === 'single' ? 'disputed' : sheet.status,
    confidence: Math.min(sheet.confidence, DISPUTED),
    reasons: [`${billCheckText(bills)}; ${then}`, ...sheet.reasons],
    ...(raised ? { raisedBy: bills.ratio } : {}),
  };
};

/** The accounts of all offers, bounded; `add` gives what there is to tell. */
const createAccounts = () => {
  const accounts = new Map<OfferKey, Account>();

  const accountFor = ({ offer, mainPrices, at }: BilledCall): Account | undefined => {
    const known = accounts.get(offer);
    if (known?.mainPrices === mainPrices) return known;
    // A call that began before the prices changed and ended after.
    if (known && at < known.since) return undefined;
    const [oldest] = accounts.keys();
    if (!known && accounts.size >= MOST_OFFERS && oldest !== undefined) accounts.delete(oldest);
    const told: BillCheck = { offer, standing: 'few', ratio: 1, spread: 0, calls: 0 };
    const account: Account = { mainPrices, since: at, calls: [], told };
    accounts.set(offer, account);
    return account;
  };

  const add = (call: BilledCall): { readonly was: BillCheck; readonly is: BillCheck } | undefined => {
    const account = accountFor(call);
    if (!account) return undefined;
    account.calls.push(call);
    if (account.calls.length > BILLS_PER_OFFER) account.calls.shift();
    const was = account.told;
    const is = checkOf(call.offer, account.calls, was.standing);
    if (is.standing === was.standing && Math.abs(is.ratio - was.ratio) <= NEWS) return undefined;
    account.told = is;
    return { was, is };
  };

  return { accounts, add };
};

type Made = { readonly of: BillCheck; readonly sheet: PriceSheet };

/** @param onChange hears once when bills begin to contradict a sheet, change by how much, or agree again */
export const createCalibration = ({ onChange }: { readonly onChange: (bills: BillCheck) => void }) => {
  const { accounts, add } = createAccounts();
  /** Sheets as they are judged now, kept so that one sheet stays one object from request to request. */
  const made = new WeakMap<PriceSheet, Made>();

  return {
    /** A call has been billed. */
    record(call: BilledCall): void {
      const news = add(call);
      const quiet = ({ standing }: BillCheck): boolean => standing === 'few' || standing === 'agrees';
      if (news && !(quiet(news.is) && quiet(news.was))) onChange(news.is);
    },

    /** What the ledger remembers, oldest first; nobody is told. */
    recall: (calls: readonly BilledCall[]): void => calls.forEach(add),

    /** How an offer's bills compare now; undefined where it sends none. */
    bills(offer: OfferKey): BillCheck | undefined {
      const account = accounts.get(offer);
      return account && checkOf(offer, account.calls, account.told.standing);
    },

    all: (): readonly BillCheck[] =>
      [...accounts].map(([offer, { calls, told }]) => checkOf(offer, calls, told.standing)),

    /** The sheet in the light of the bills for these prices. */
    judged(sheet: PriceSheet): PriceSheet {
      const account = accounts.get(sheet.offer);
      const told = account?.told;
      if (!account || (told?.standing !== 'steady' && told?.standing !== 'unsteady')) return sheet;
      const known = made.get(sheet);
      if (known?.of === told) return known.sheet;
      if (mainPricesOf(sheet.rates) !== account.mainPrices) return sheet;
      const judged = contradicted(sheet, told);
      made.set(sheet, { of: told, sheet: judged });
      return judged;
    },
  };
};
