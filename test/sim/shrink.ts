// From a seed that fails to the shortest prefix of its requests, and the fewest kinds of trouble, that still fail the same way.
import { type PlayOptions, type Trouble, TROUBLES } from './kinds.ts';
import { play } from './play.ts';

export type Failing = PlayOptions & { readonly invariant: string };

const fails = async ({ invariant, ...options }: Failing): Promise<boolean> =>
  (await play(options)).violations.some((violation) => violation.invariant === invariant);

/** The fewest requests with which it fails: by halves, since a longer prefix nearly always fails where a shorter does. */
const fewest = async (failing: Failing): Promise<number> => {
  let works = 0;
  let breaks = failing.requests;
  while (breaks - works > 1) {
    const middle = Math.floor((works + breaks) / 2);
    if (await fails({ ...failing, requests: middle })) breaks = middle;
    else works = middle;
  }
  return breaks;
};

/** @returns what fails with the same invariant; plays some tens of worlds */
export const shrink = async (failing: Failing): Promise<Failing> => {
  let least: Failing = { ...failing, requests: await fewest(failing) };
  for (const trouble of TROUBLES) {
    const without: readonly Trouble[] = [...(least.without ?? []), trouble];
    if (await fails({ ...least, without })) least = { ...least, without };
  }
  return { ...least, requests: await fewest(least) };
};
