// How ioredis goes by sentinels, with two things mended: it printed of every sentinel that is down, and a failover could end a client for good.
import { type Redis, type SentinelConnectionOptions, SentinelConnector } from 'ioredis';

/** ioredis names these private and gives no other way to them: those of 6.0, which tests with real sentinels hold to. */
type Within = {
  connectToSentinel: (...given: readonly unknown[]) => Redis;
  readonly failoverDetector: { cleanup(): void } | null;
};

export class QuietSentinels extends SentinelConnector {
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
    const within = this as unknown as Within;
    const connect = within.connectToSentinel.bind(this);
    within.connectToSentinel = (...given) => connect(...given).on('error', () => undefined);
  }

  /**
   * Nobody listens for the last connection any more: told of a failover while sentinels are being asked where to go, it would give up the asking,
   * and ioredis takes that for the end.
   */
  override connect(...given: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    (this as unknown as Within).failoverDetector?.cleanup();
    return super.connect(...given);
  }
}
