import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf, expectedBill } from '../../../src/core/cost.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { PriceSheet } from '../../../src/core/price.ts';
import { type BillCheck, BILLS_PER_OFFER, type BilledCall } from '../../../src/core/price-history.ts';
import { billedCallOf, createCalibration, LEAST_BILLS } from '../../../src/market/calibration.ts';
import { attemptOf } from '../../support/ledger.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const offer = sampleOffer();
const sheet: PriceSheet = { ...sampleSheet(offer, { input: 1, output: 2 }), status: 'verified', confidence: 0.99 };
const PRICES = '1000000/2000000';

const call = (at: number, ratio: number, more: Partial<BilledCall> = {}): BilledCall => {
  const computed = more.computed ?? nanoUsd(100_000);
  return { offer: offer.key, at, computed, billed: nanoUsd(Math.round(computed * ratio)), mainPrices: PRICES, ...more };
};

const open = () => {
  const told: BillCheck[] = [];
  const calibration = createCalibration({ onChange: (bills) => void told.push(bills) });
  const bill = (count: number, ratio: number, from = 0) => {
    for (let at = from; at < from + count; at++) calibration.record(call(at, ratio));
  };
  return { calibration, told, bill };
};

describe('bills that come to what the sheet says', () => {
  it('leave it as it is, and nobody is told', () => {
    const { calibration, told, bill } = open();
    bill(50, 1.009);
    expect(calibration.judged(sheet)).toBe(sheet);
    expect(calibration.bills(offer.key)).toMatchObject({ standing: 'agrees', calls: 50 });
    expect(calibration.bills(offer.key)?.ratio).toBeCloseTo(1.009, 9);
    expect(told).toEqual([]);
  });
});

describe('bills that are steadily dearer', () => {
  it('prove nothing before the twentieth', () => {
    const { calibration, told, bill } = open();
    bill(LEAST_BILLS - 1, 1.05);
    expect(calibration.judged(sheet)).toBe(sheet);
    expect(told).toEqual([]);
    bill(1, 1.05, LEAST_BILLS);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ standing: 'steady', calls: LEAST_BILLS });
  });

  it('take confidence from the sheet, say so, and raise what is expected without touching the rates', () => {
    const { calibration, bill } = open();
    bill(LEAST_BILLS, 1.05);
    const judged = calibration.judged(sheet);
    expect(judged).toMatchObject({ status: 'disputed', confidence: 0.6, rates: sheet.rates, revision: sheet.revision });
    expect(judged.raisedBy).toBeCloseTo(1.05, 9);
    expect(judged.reasons[0]).toBe(
      'bills come to 1.050× the price sheet over 20 calls; expected costs are raised by that',
    );
    const cost = costOf({ input: 1_000 }, judged, 0);
    expect(cost.pico).toBe(1_000_000_000);
    expect(expectedBill(cost, judged)).toBe(1_050_000_000);
  });

  it('are told once, and again only when they have moved or agree', () => {
    const { told, bill } = open();
    bill(200, 1.05);
    expect(told).toHaveLength(1);
    bill(200, 1.06, 200);
    expect(told.map(({ ratio }) => Number(ratio.toFixed(2)))).toEqual([1.05, 1.06]);
    bill(200, 1, 400);
    expect(told.at(-1)?.standing).toBe('agrees');
  });

  it('give one object for one sheet, so that the ledger need not store it per request', () => {
    const { calibration, bill } = open();
    bill(LEAST_BILLS, 1.05);
    const first = calibration.judged(sheet);
    bill(10, 1.0501, LEAST_BILLS);
    expect(calibration.judged(sheet)).toBe(first);
  });

  it('leave an override’s price alone, whose word is the operator’s, but not its confidence', () => {
    const { calibration, bill } = open();
    bill(LEAST_BILLS, 1.05);
    const judged = calibration.judged({ ...sheet, status: 'override', confidence: 1 });
    expect(judged).toMatchObject({ status: 'override', confidence: 0.6 });
    expect(judged).not.toHaveProperty('raisedBy');
    expect(judged.reasons[0]).toContain('the override stands');
  });
});

describe('bills that are cheaper, or that scatter', () => {
  it('never lower what is expected', () => {
    const { calibration, bill } = open();
    bill(LEAST_BILLS, 0.5);
    const judged = calibration.judged(sheet);
    expect(judged).toMatchObject({ status: 'disputed', confidence: 0.6 });
    expect(judged).not.toHaveProperty('raisedBy');
  });

  it('contradict the sheet without a factor to raise it by', () => {
    const { calibration } = open();
    for (let at = 0; at < 40; at++) calibration.record(call(at, at % 2 === 0 ? 1 : 1.2));
    expect(calibration.bills(offer.key)).toMatchObject({ standing: 'unsteady' });
    expect(calibration.judged(sheet)).not.toHaveProperty('raisedBy');
    expect(calibration.judged(sheet).reasons[0]).toContain('scatter by 9.1 %');
  });

  it('weigh by money, so that a cent rounded up says little', () => {
    const { calibration } = open();
    for (let at = 0; at < 40; at++) calibration.record(call(at, 1));
    calibration.record(call(40, 3, { computed: nanoUsd(100) }));
    expect(calibration.bills(offer.key)?.standing).toBe('agrees');
  });
});

describe('another price', () => {
  it('begins a new account; a call that began under the old one is left out', () => {
    const { calibration, bill } = open();
    bill(LEAST_BILLS, 1.05);
    calibration.record(call(100, 1, { mainPrices: '1050000/2100000' }));
    expect(calibration.bills(offer.key)).toMatchObject({ calls: 1, standing: 'few' });
    calibration.record(call(99, 1.05));
    expect(calibration.bills(offer.key)).toMatchObject({ calls: 1 });
    expect(calibration.judged(sheet)).toBe(sheet);
  });

  it('is not judged by bills for this one', () => {
    const { calibration, bill } = open();
    bill(LEAST_BILLS, 1.05);
    const other = { ...sheet, rates: sampleSheet(offer, { input: 3, output: 6 }).rates };
    expect(calibration.judged(other)).toBe(other);
    const cached = { ...sheet, rates: sampleSheet(offer, { input: 1, output: 2, cached: 0.1 }).rates };
    expect(calibration.judged(cached).raisedBy).toBeCloseTo(1.05, 9);
  });
});

describe('what is remembered', () => {
  it('is bounded per offer, and the same after the last calls were read from the ledger', () => {
    assert(
      property(integer({ min: 1, max: 300 }), integer({ min: 900, max: 1_100 }), (count, perMille) => {
        const { calibration } = open();
        const calls = Array.from({ length: count }, (_, at) => call(at, (perMille + (at % 7)) / 1_000));
        for (const each of calls) calibration.record(each);
        const again = open();
        again.calibration.recall(calls.slice(-BILLS_PER_OFFER));
        expect(again.calibration.bills(offer.key)?.ratio).toBe(calibration.bills(offer.key)?.ratio);
        expect(calibration.bills(offer.key)?.calls).toBe(Math.min(count, BILLS_PER_OFFER));
        expect(again.told).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an attempt', () => {
  const billed = { billed: nanoUsd(1_050), cost: nanoUsd(1_050), computed: nanoUsd(1_000), mainPrices: PRICES };

  it('counts where it was answered and its bill believed', () => {
    expect(billedCallOf(attemptOf('r1', billed))).toMatchObject({ billed: 1_050, computed: 1_000 });
    expect(billedCallOf(attemptOf('r1'))).toBeUndefined();
    expect(billedCallOf(attemptOf('r1', { ...billed, result: 'interrupted' }))).toBeUndefined();
    expect(billedCallOf(attemptOf('r1', { ...billed, cost: nanoUsd(1_000) }))).toBeUndefined();
    expect(billedCallOf(attemptOf('r1', { ...billed, computed: nanoUsd(0) }))).toBeUndefined();
  });
});
