// A small fleet of the simulation in benchmarks/fleet: what must hold whatever the lag and the loss; how much it costs is measured there.
import { describe, expect, it } from 'vitest';
import { simulateBeliefs } from '../../../benchmarks/fleet/beliefs.ts';
import { simulateCap } from '../../../benchmarks/fleet/budget.ts';

describe('a fleet of twelve', () => {
  const fleet = { replicas: 12, requests: 400, seed: 7 };

  it('believes in the end what one node taught everything believes, with words late and a tenth of them lost', async () => {
    const { equal, lost } = await simulateBeliefs({ ...fleet, lagMs: 1_000, loss: 0.1, sharing: true });
    expect(lost).toBeGreaterThan(0);
    expect(equal).toBe(12);
  });

  it('loses less value than twelve who learn alone', async () => {
    const together = await simulateBeliefs({ ...fleet, lagMs: 1_000, loss: 0.1, sharing: true });
    const alone = await simulateBeliefs({ ...fleet, lagMs: 0, loss: 0, sharing: false });
    expect(alone.equal).toBe(0);
    expect(together.regret).toBeLessThan(alone.regret);
  });

  it.each([
    ['slow', { lagMs: 50, loss: 0.05, away: 0 }],
    ['away for a third of the time', { lagMs: 2, loss: 0, away: 1 / 3 }],
  ])('never passes a cap with the shared counter %s, and spends most of it', async (_, wire) => {
    const { overshoot, spent, refused } = await simulateCap({ replicas: 12, seed: 7, requests: 1_200, ...wire });
    expect(overshoot).toBe(0);
    expect(spent).toBeGreaterThan(0.8);
    expect(refused).toBeGreaterThan(0);
  });
});
