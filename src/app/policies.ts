// The policies a router goes by: read at the start, read again when a file changes, every problem told.
import type { Config } from '../config.ts';
import { createPolicies, type LivePolicies } from '../policy/watch.ts';
import { formatProblem } from '../policy/yaml-file.ts';

/** @throws Error when a policy cannot be read at the start; later the last good ones stand */
export const openPolicies = ({ policies }: Config, say: (line: string) => void): Promise<LivePolicies> =>
  createPolicies({
    directory: policies,
    onChange: (all) => say(`policies reloaded: ${all.map(({ name }) => name).join(', ')}`),
    onProblems: (problems) => problems.forEach((problem) => say(formatProblem(problem))),
  });
