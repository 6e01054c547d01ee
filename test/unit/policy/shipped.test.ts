import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSelects } from '../../../src/app/selection.ts';
import { classify } from '../../../src/classify/classify.ts';
import { modelKey } from '../../../src/core/offer.ts';
import { createIsNamed, loadCatalogue } from '../../../src/market/catalogue.ts';
import { loadSnapshot } from '../../../src/market/snapshot.ts';
import { checkPolicies } from '../../../src/policy/check.ts';
import { matchesModel } from '../../../src/policy/globs.ts';
import { readPolicies } from '../../../src/policy/load.ts';
import { formatProblem } from '../../../src/policy/yaml-file.ts';

const root = join(import.meta.dirname, '../../..');
const directory = join(root, 'policies');
const { policies, problems } = await readPolicies(directory);
const NAMES = ['auto', 'chat-fast', 'code', 'economy', 'extract', 'private', 'quality', 'summarize'];

const aliases: unknown = JSON.parse(readFileSync(join(root, 'pricing/aliases.json'), 'utf8'));
const sold = loadSnapshot(join(root, 'pricing/prices.json')).map((row) => row.model);
const selects = createSelects(createIsNamed(loadCatalogue(join(root, 'pricing/catalogue.yaml'))));
const models = Object.keys((aliases as { models: Record<string, unknown> }).models).map(modelKey);

describe('the shipped policies', () => {
  it('are eight, without a problem', () => {
    expect(problems.map(formatProblem)).toEqual([]);
    expect([...policies.keys()]).toEqual(NAMES);
  });

  it.each(readdirSync(directory).filter((name) => name.endsWith('.yaml')))('%s begins with its schema', (name) => {
    const [first] = readFileSync(join(directory, name), 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./schema.json');
  });

  it.each(NAMES)('%s has at least three examples', (name) => {
    expect(policies.get(name)?.examples.length).toBeGreaterThanOrEqual(3);
  });

  const checked = checkPolicies(policies.values(), classify);
  it.each(checked.map((each) => [`${each.file}:${each.line}`, each.say, each.misses] as const))(
    '%s %s',
    (_place, _say, misses) => expect(misses).toEqual([]),
  );

  it('name models that exist', () => {
    const patterns = [...policies.values()].flatMap(({ plan, rules }) => [
      ...plan.models,
      ...rules.flatMap(({ change }) => change.models ?? []),
    ]);
    const unknown = patterns.filter((pattern) => !models.some((model) => matchesModel([pattern], model)));
    expect(unknown).toEqual([]);
  });

  it.each(NAMES)('%s names nothing that no bundled row sells', (name) => {
    const policy = policies.get(name);
    const plans = [policy?.plan, ...(policy?.rules ?? []).map(({ change }) => change)];
    const patterns = plans.flatMap((plan) => [...(plan?.models ?? []), plan?.feedback?.baseline ?? []].flat());
    expect(patterns.length).toBeGreaterThan(0);
    expect(patterns.filter((pattern) => !sold.some((model) => selects([pattern], model)))).toEqual([]);
  });

  it('auto takes whatever is configured', () => {
    const auto = policies.get('auto');
    expect(auto?.plan.models).toEqual(['*/*']);
    expect(auto?.plan.require).toEqual({
      training: 'any',
      retention: 'any',
      regions: [],
      selfHosted: false,
      providers: [],
    });
  });

  it('private lets nothing out, under any rule', () => {
    const kept = policies.get('private');
    expect(kept?.plan.require).toMatchObject({ training: 'never', retention: 'none', selfHosted: true });
    expect(kept?.plan.feedback.holdout).toBe(0);
  });
});
