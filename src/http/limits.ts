// How much of anything the door lets in, and how long it waits for whom.

export type SizeLimits = {
  readonly bodyBytes: number;
  /** All bodies being read or answered, together. */
  readonly bodyBytesInFlight: number;
  readonly requestsInFlight: number;
  readonly connections: number;
  readonly headerBytes: number;
  /** Frames of one answer that is gathered whole. */
  readonly answerFrames: number;
};

export type TimeLimits = {
  /** How late this process may be (p99 of its event loop) before it takes no new work. */
  readonly lagMs: number;
  /** For the client to send its headers. */
  readonly headersMs: number;
  /** For the client to send its whole request; it does not run while we answer. */
  readonly receiveMs: number;
  /** How often the two above are looked at. */
  readonly sweepMs: number;
  readonly keepAliveMs: number;
  /** How long a client may leave our bytes unread before it counts as gone. */
  readonly writeStallMs: number;
  /** Silence on an open stream after which a comment keeps proxies from closing it. */
  readonly streamSilenceMs: number;
  /** How long a broken stream stays open after its error frame, so that the frame is read before the break. */
  readonly breakMs: number;
  /** How long the last bytes of an answer wait for its bill. */
  readonly billMs: number;
};

export type HttpLimits = { readonly sizes: SizeLimits; readonly times: TimeLimits };

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: HttpLimits = {
  sizes: {
    bodyBytes: 10 * MIB,
    bodyBytesInFlight: 256 * MIB,
    requestsInFlight: 4_096,
    connections: 10_000,
    headerBytes: 16 * 1024,
    answerFrames: 200_000,
  },
  times: {
    lagMs: 200,
    headersMs: 10_000,
    receiveMs: 30_000,
    sweepMs: 3_000,
    keepAliveMs: 72_000,
    writeStallMs: 30_000,
    streamSilenceMs: 15_000,
    breakMs: 500,
    billMs: 1_000,
  },
};
