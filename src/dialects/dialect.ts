// What a wire dialect is to the adapters: canonical request out, canonical frames in. Pure; one per API family.
import type { ChatRequest, Frame, JsonObject } from '../core/chat.ts';
import type { DialectName, Feature } from '../core/dialect.ts';
import type { FailureCause } from '../core/failure.ts';

export type WriteOptions = {
  /** The id this provider knows the model by. */
  readonly wireId: string;
  /** Cap on the answer, where there is one; the caller's own cap is already in it. */
  readonly maxOutputTokens?: number;
};

/** One server-sent event as parsed off the wire. */
export type WireEvent = { readonly event?: string; readonly data: string };

export interface UpstreamDialect {
  readonly name: DialectName;
  /** Features this dialect can say for a client of another one. */
  readonly expresses: ReadonlySet<Feature>;
  writeRequest(request: ChatRequest, options: WriteOptions): JsonObject;
  /** A whole body under status 200. An error body under 200 becomes a failure event. Never throws. */
  readAnswer(body: string): Frame;
  /**
   * A reader for one stream. Each call takes one event and gives what it means, or undefined for pings and empty chunks. Never throws:
   * malformed data and in-band errors become failure events. `end` is called when the upstream closes: a failure event of sort `cut` if
   * the dialect's own end was not seen, otherwise undefined.
   */
  createStreamReader(): { read(event: WireEvent): Frame | undefined; end(): Frame | undefined };
  /** An error status with its headers (lower-case names) and body text. */
  readError(response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }): FailureCause;
}
