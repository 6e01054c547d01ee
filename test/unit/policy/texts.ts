// Policy files as text, for the tests of this room.
import { parsePolicy } from '../../../src/policy/parse.ts';
import { formatProblem } from '../../../src/policy/yaml-file.ts';
import type { Policy } from '../../../src/core/policy.ts';
import type { Profile } from '../../../src/core/profile.ts';

/** Three lines every policy needs; what is added begins on line 4. */
export const policyText = (added = '', name = 'test'): string => `version: 1\nname: ${name}\nabout: A test.\n${added}`;

export const policyOf = (added = '', name = 'test'): Policy => {
  const parsed = parsePolicy(policyText(added, name), `${name}.yaml`);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.policy;
};

/** The problems of a file, as they are shown; empty when there are none. */
export const problemsOf = (added: string): readonly string[] => {
  const parsed = parsePolicy(policyText(added), 'test.yaml');
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
};

export const profileOf = (changes: Partial<Profile> = {}): Profile => ({
  task: 'chat',
  difficulty: 0.2,
  band: 'easy',
  reasons: [],
  needs: { tools: false, vision: false, json: false, features: [] },
  language: 'en',
  inputTokens: 100,
  turns: 1,
  conversation: [],
  features: '',
  stream: false,
  ...changes,
});
