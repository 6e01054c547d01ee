// Whether a stream still gets anywhere: one that trickles is never silent for long, so no idle time ever ends it.

/** Slower than a token a second, over a whole stretch, nobody is helped by waiting for the rest. */
const LEAST_TOKENS_PER_SECOND = 1;
const CHARACTERS_PER_TOKEN = 4;

export type Progress = {
  /** Counts content; false: the stretch is over and there was too little in it. */
  came(characters: number, atMs: number): boolean;
  /** Time in which nobody read is not the upstream's. */
  skip(ms: number): void;
};

/** Needs no timer: what trickles comes by to be counted, and what does not is idle. Without a stretch nothing is counted. */
export const createProgress = (stretchMs: number | undefined): Progress => {
  let since: number | undefined;
  let characters = 0;
  return {
    came: (more, atMs) => {
      if (stretchMs === undefined) return true;
      since ??= atMs;
      characters += more;
      if (atMs - since < stretchMs) return true;
      const tokens = characters / CHARACTERS_PER_TOKEN;
      const isEnough = tokens >= (LEAST_TOKENS_PER_SECOND * (atMs - since)) / 1000;
      since = atMs;
      characters = 0;
      return isEnough;
    },
    skip: (ms) => {
      if (since !== undefined) since += ms;
    },
  };
};
