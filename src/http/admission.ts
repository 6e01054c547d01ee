// How many requests and how many body bytes are inside at once; what does not fit is turned away at the door, not queued.
import type { SizeLimits } from './limits.ts';

/** One request's place inside. */
export type Ticket = {
  /** Corrects the bytes held, once they are known. */
  hold(bytes: number): void;
  /** Gives the place back; further calls do nothing. */
  leave(): void;
};

export type Admission = {
  /** Undefined: no room. */
  enter(bytes: number): Ticket | undefined;
  inside(): { readonly requests: number; readonly bytes: number };
};

export const createAdmission = (limits: Pick<SizeLimits, 'bodyBytesInFlight' | 'requestsInFlight'>): Admission => {
  let requests = 0;
  let bytes = 0;
  return {
    enter(asked) {
      if (requests >= limits.requestsInFlight || bytes + asked > limits.bodyBytesInFlight) return undefined;
      requests += 1;
      bytes += asked;
      let held: number | undefined = asked;
      return {
        hold(known) {
          if (held === undefined) return;
          bytes += known - held;
          held = known;
        },
        leave() {
          if (held === undefined) return;
          requests -= 1;
          bytes -= held;
          held = undefined;
        },
      };
    },
    inside: () => ({ requests, bytes }),
  };
};
