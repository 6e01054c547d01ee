// Whether the examples of a policy are true: what a person would type, classified and matched as a request would be.
import type { ChatRequest } from '../core/chat.ts';
import type { Example, Policy } from '../core/policy.ts';
import type { Profile } from '../core/profile.ts';
import { match } from './match.ts';
import { FILE_ENDING } from './parse.ts';
import { DIFFICULTY_TEST, passes } from './units.ts';

export type Checked = {
  readonly policy: string;
  /** Within the directory of policies. */
  readonly file: string;
  readonly line: number;
  readonly say: string;
  /** Empty when everything expected is true: "expected rule 1, got none". */
  readonly misses: readonly string[];
  readonly profile: Profile;
};

export type Classify = (request: ChatRequest) => Profile;

const requestSaying = (say: string, policy: string): ChatRequest => {
  const model = `auto/${policy}`;
  const body = { model, messages: [{ role: 'user', content: say }] };
  return {
    dialect: 'chat',
    model,
    messages: [{ role: 'user', parts: [{ type: 'text', text: say }] }],
    tools: [],
    output: { kind: 'text' },
    stop: [],
    stream: false,
    includeUsage: false,
    features: [],
    body,
    bytes: Buffer.byteLength(JSON.stringify(body)),
  };
};

const missesOf = (policy: Policy, { expect }: Example, profile: Profile): readonly string[] => {
  const matched = match(policy, profile).rule;
  const rule = matched === 0 ? 'none' : matched;
  const misses: string[] = [];
  if (expect.rule !== undefined && expect.rule !== rule) misses.push(`expected rule ${expect.rule}, got ${rule}`);
  if (expect.task && expect.task !== profile.task) misses.push(`expected task ${expect.task}, got ${profile.task}`);
  if (expect.difficulty && !passes(expect.difficulty, profile.difficulty)) {
    const wanted = DIFFICULTY_TEST.write(expect.difficulty);
    misses.push(`expected difficulty ${wanted}, got ${profile.difficulty.toFixed(2)}`);
  }
  return misses;
};

/** Pure; `classify` is handed in, so that the room knows no other. In the order of the policies and their files. */
export const checkPolicies = (policies: Iterable<Policy>, classify: Classify): readonly Checked[] =>
  [...policies].flatMap((policy) =>
    policy.examples.map((example) => {
      const profile = classify(requestSaying(example.say, policy.name));
      return {
        policy: policy.name,
        file: `${policy.name}${FILE_ENDING}`,
        line: example.line,
        say: example.say,
        misses: missesOf(policy, example, profile),
        profile,
      };
    }),
  );
