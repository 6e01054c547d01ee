// The latency estimator beside simpler ones on simulated hosts: benchmarks/latency.ts with a few seeds.
import { describe, expect, it } from 'vitest';
import { scores } from '../../../benchmarks/latency.ts';

const all = scores(4);
const of = (host: string, estimator: string) => {
  const found = all.find((score) => score.host === host && score.estimator === estimator);
  if (!found) throw new RangeError(`no score of ${estimator} on ${host}`);
  return found;
};

describe('the estimator’s error', () => {
  it.each(['steady', 'stalls', 'step', 'waves', 'sparse'])(
    'on %s hosts is below that of the last sample, and its p95 holds',
    (host) => {
      expect(of(host, 'bourse').error).toBeLessThan(of(host, 'last').error);
      expect(of(host, 'bourse').above).toBeLessThan(0.07);
      expect(of(host, 'bourse').above).toBeGreaterThan(0.01);
      expect(of(host, 'bourse').above).toBeLessThan(of(host, 'last 20').above);
    },
  );

  it('is below that of a plain moving average where there are calls enough, and below a window’s where a host is steady or steps', () => {
    for (const host of ['steady', 'stalls', 'step', 'waves'])
      expect(of(host, 'bourse').error).toBeLessThan(of(host, 'ewma').error);
    for (const host of ['steady', 'step']) expect(of(host, 'bourse').error).toBeLessThan(of(host, 'last 20').error);
  });
});
