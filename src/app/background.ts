// Work that outlives its answer: a failure of it is told, and an orderly stop waits for it.

export const createBackground = (say: (line: string) => void) => {
  const underWay = new Set<Promise<unknown>>();
  const run = (work: Promise<unknown>): void => {
    const tracked = work.catch((fault: unknown) => say(`after an answer: ${String(fault)}`));
    underWay.add(tracked);
    void tracked.finally(() => underWay.delete(tracked));
  };
  return { run, idle: () => Promise.all(underWay) };
};
