// How many events of a stream may be unreadable before the stream is: one, and none of a tool call.

/** An answer in words survives a hiccup of a proxy; the arguments of a call do not, since a gap in them may still parse. */
export const createSkips = () => {
  let skipped = 0;
  return {
    /** True: this one is passed over. */
    one(inCall: boolean): boolean {
      skipped += 1;
      return skipped === 1 && !inCall;
    },
  };
};
