// How fast offers are and how often they answer: one book each, and what feeds say of both, under the keys of our offers.
import type { Clock, FeedSpeed } from '../core/ports.ts';
import { type Canonicaliser, offerKeyOf } from '../market/identity.ts';
import { createLatency } from '../market/latency.ts';
import { createUptime } from '../market/uptime.ts';

export const openSpeeds = ({
  clock,
  canonicalise,
}: {
  readonly clock: Clock;
  readonly canonicalise: Canonicaliser;
}) => {
  const latency = createLatency({ clock });
  const uptime = createUptime({ clock });
  return {
    latency,
    uptime,
    onSpeeds: (_feed: string, speeds: readonly FeedSpeed[], observedAt: number): void => {
      for (const { provider, wireId, uptime: share, ...speed } of speeds) {
        const offer = offerKeyOf(provider, canonicalise(provider, wireId));
        latency.hear(offer, { ...speed, atMs: observedAt });
        if (share !== undefined) uptime.hear(offer, share, observedAt);
      }
    },
  };
};
