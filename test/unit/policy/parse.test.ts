import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { formatProblem } from '../../../src/policy/yaml-file.ts';
import { policyText, problemsOf } from './texts.ts';

describe('problems of a policy file', () => {
  it.each([
    ['require:\n  max_cost: 25', 'test.yaml:5:13  require.max_cost  a bare 25 has no unit: write $25'],
    ['require: { max_cost: "25" }', 'test.yaml:4:22  require.max_cost  a bare 25 has no unit: write $25'],
    ['objective: { budget: 40 }', 'test.yaml:4:22  objective.budget  a bare 40 has no unit: write $40/day'],
    ['limits: { deadline: 60 }', 'test.yaml:4:21  limits.deadline  a bare 60 has no unit: write 60s'],
    ['explore: { share: 2 }', 'test.yaml:4:19  explore.share  a bare 2 has no unit: write 2%'],
    ['explore: { floor: 1 }', 'test.yaml:4:19  explore.floor  a bare 1 could be 1% or 100%: write the one you mean'],
    ['objectve: cheapest', 'test.yaml:4:1  objectve  there is no such field; did you mean objective?'],
    [
      'require:\n  data:\n    trainning: never',
      'test.yaml:6:5  require.data.trainning  there is no such field; did you mean training?',
    ],
    [
      'objective: { worth: $1, budget: $40/day }',
      'test.yaml:4:12  objective  exactly one of worth, budget or floor is needed, found worth and budget',
    ],
    ['objective: {}', 'test.yaml:4:12  objective  exactly one of worth, budget or floor is needed, found none'],
    ['objective: { worth: $0 }', 'test.yaml:4:21  objective.worth  must be more than $0'],
    [
      'objective: cheapst',
      'test.yaml:4:12  objective  expected { worth: … }, { budget: … }, { floor: … }, order, cheapest or fastest; ' +
        'found cheapst; did you mean cheapest?',
    ],
    [
      'rules:\n  - when: { needs: [vison] }\n    objective: cheapest',
      'test.yaml:5:21  rules[0].when.needs[0]  expected tools, vision, json; found vison; did you mean vision?',
    ],
    ['rules:\n  - objective: cheapest', 'test.yaml:5:5  rules[0].when  is missing'],
    ['rules:\n  - when: { task: code }', 'test.yaml:5:5  rules[0]  this rule changes nothing'],
    [
      'rules:\n  - when: {}\n    objective: cheapest',
      'test.yaml:5:11  rules[0].when  a rule needs a condition; what always holds is written above the rules',
    ],
    [
      'rules:\n  - when: { difficulty: 0.7 }\n    objective: cheapest',
      'test.yaml:5:25  rules[0].when.difficulty  a bare 0.7 has no unit: write "> 0.7"',
    ],
    [
      'rules:\n  - when: { task: code }\n    limits: { spend: $1/day }',
      'test.yaml:6:15  rules[0].limits.spend  there is no such field; there are deadline, stream_deadline, output_tokens',
    ],
    [
      'require: { data: { regions: [] } }',
      'test.yaml:4:29  require.data.regions  an empty list could mean none or all: write any, or name at least one',
    ],
    ['fallback: { attempts: 4 }', 'test.yaml:4:23  fallback.attempts  expected a whole number from 1 to 3'],
    [
      'feedback: { judge: on }',
      'test.yaml:4:20  feedback.judge  expected off, or { model: author/name, share: 2%, spend: $1/day }',
    ],
    ['models: gpt-5', 'test.yaml:4:9  models  expected a list; found gpt-5'],
    ['require:', 'test.yaml:4:9  require  expected a map; found nothing'],
    ['name: again', 'test.yaml:4:1  this field stands here twice'],
    [
      'examples:\n  - { say: hi, expect: { rule: 3 } }',
      'test.yaml:5:32  examples[0].expect.rule  there are 0 rules, not 3',
    ],
  ])('%j → %s', (added, problem) => expect(problemsOf(added)).toEqual([problem]));

  it('names a model without its author, and a seller before it, as no model', () => {
    expect(problemsOf('models: [gpt-5, "deepinfra:meta/llama-3.3-70b", openai/gpt-5]')).toEqual([
      expect.stringContaining('test.yaml:4:10  models[0]  expected a model as author/name'),
      expect.stringContaining('test.yaml:4:17  models[1]  expected a model as author/name'),
    ]);
  });

  it('reports every fault of a file, each at its own place', () => {
    const problems = problemsOf('limits: { deadline: 60 }\nexplore: { share: 2 }\nbudget: 3');
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'test.yaml:4:21',
      'test.yaml:5:19',
      'test.yaml:6:1',
    ]);
  });

  it('follows an alias to where the fault was written', () => {
    const added = 'explore: &e { share: 2 }\nrules:\n  - when: { task: code }\n    explore: *e';
    expect(problemsOf(added)).toEqual([
      'test.yaml:4:22  rules[0].explore.share  a bare 2 has no unit: write 2%',
      'test.yaml:4:22  explore.share  a bare 2 has no unit: write 2%',
    ]);
  });

  it('says what is missing from a file that says nothing', () => {
    const parsed = parsePolicy('models: ["*/*"]', 'test.yaml');
    const shown = parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`);
    expect(shown).toEqual(['version is missing', 'name is missing', 'about is missing']);
  });

  it('refuses a file whose name is not the policy’s', () => {
    const parsed = parsePolicy(policyText(), 'policies/other.yaml');
    expect(parsed.ok ? [] : parsed.problems.map(formatProblem)).toEqual([
      'policies/other.yaml:2:7  name  the file is called other: give both one name, as in auto/test',
    ]);
  });

  it.each([
    ['nothing at all', '', 'the file is empty'],
    ['a list', '- a', 'expected a map; found a list'],
    ['broken YAML', 'a: [1', 'Flow sequence'],
    ['a tag of its own', 'about: !!js/function x', 'Unresolved tag'],
    ['two documents', `${policyText()}---\nname: b`, 'multiple documents'],
    ['a megabyte', 'a'.repeat(1_000_000), 'longer than 262144 characters'],
    ['thirty thousand brackets', '['.repeat(30_000), ''],
  ])('refuses %s', (_what, text, message) => {
    const parsed = parsePolicy(text, 'test.yaml');
    expect(parsed.ok ? undefined : parsed.problems[0]?.message).toContain(message);
  });

  it('refuses aliases that would blow a small file up into a large one', () => {
    const levels = Array.from({ length: 9 }, (_, level) =>
      level === 0 ? 'l0: &l0 [x, x]' : `l${level}: &l${level} [${`*l${level - 1}, `.repeat(9)}]`,
    );
    const parsed = parsePolicy(levels.join('\n'), 'test.yaml');
    expect(parsed.ok ? undefined : parsed.problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining('Excessive alias count') }),
    ]);
  });

  it('repeats no more than a little of what was written', () => {
    const [problem = ''] = problemsOf(`objective: ${'x'.repeat(5000)}`);
    expect(problem.length).toBeLessThan(300);
  });
});
