import { describe, expect, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import { withBill } from '../../../src/dispatch/bill.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const sheet = sampleSheet(sampleOffer(), { input: 1, output: 2 });
const terms = { sheet, reserved: nanoUsd(5_000) };
const computed = { usage: { input: 500, output: 250 }, cost: nanoUsd(1_000), costStatus: 'estimated' as const };

describe('what a call counts as', () => {
  it('is what the provider billed, exactly, with the sheet’s figure and its prices beside it', () => {
    expect(withBill(computed, 0.00000105, terms)).toEqual({
      usage: computed.usage,
      cost: 1_050,
      costStatus: 'exact',
      billed: 1_050,
      computed: 1_000,
      mainPrices: '1000000/2000000',
    });
  });

  it('is what the sheet says where nothing was billed', () => {
    expect(withBill(computed, undefined, terms)).toEqual(computed);
  });

  it('stays at the sheet where the bill is nothing for something: somebody else bills it', () => {
    expect(withBill(computed, 0, terms)).toMatchObject({ cost: 1_000, costStatus: 'estimated', billed: 0 });
  });

  it('may pass the reservation, but not a hundred times: that is another unit', () => {
    expect(withBill(computed, 0.000006, terms).cost).toBe(6_000);
    expect(withBill(computed, 0.0005, terms)).toMatchObject({ cost: 1_000, billed: 500_000 });
  });

  it('is the bill of an offer that calls itself free', () => {
    const free = { usage: {}, cost: nanoUsd(0), costStatus: 'exact' as const };
    expect(withBill(free, 0.0001, { sheet, reserved: nanoUsd(0) })).toMatchObject({ cost: 100_000, computed: 0 });
    expect(withBill(free, 2, { sheet, reserved: nanoUsd(0) }).cost).toBe(0);
  });

  it('is not touched where it is the reservation of a call that may have been billed', () => {
    const ambiguous = { ...computed, costStatus: 'ambiguous' as const };
    expect(withBill(ambiguous, 0.001, terms)).toEqual(ambiguous);
  });
});
