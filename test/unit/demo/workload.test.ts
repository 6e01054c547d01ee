import { describe, expect, it } from 'vitest';
import { BANDS, TASKS } from '../../../src/core/profile.ts';
import { bandOf, fill, loadPrompts } from '../../../src/demo/prompts.ts';
import { createWorkload } from '../../../src/demo/workload.ts';
import { drawsFor } from '../../../src/demo/draw.ts';

describe('the prompts', () => {
  const prompts = loadPrompts();

  it('are at least sixty templates, with every task in every band', () => {
    expect(prompts.templates.length).toBeGreaterThanOrEqual(60);
    expect(new Set(prompts.templates.map(({ say }) => say)).size).toBe(prompts.templates.length);
    for (const task of TASKS)
      for (const band of BANDS)
        expect(
          prompts.templates.some((template) => template.task === task && bandOf(template) === band),
          `${task} ${band}`,
        ).toBe(true);
  });

  it('name only slots, tools and schemas that exist', () => {
    for (const { say, next, tools, schema } of prompts.templates) {
      const texts = fill([say, ...next], prompts.slots, drawsFor(1));
      expect(texts.join('')).not.toMatch(/\{[a-z]+\}/i);
      expect(Object.keys(prompts.tools)).toEqual(expect.arrayContaining(tools));
      expect(Object.keys(prompts.schemas)).toEqual(expect.arrayContaining(schema === undefined ? [] : [schema]));
    }
  });

  it('refuse a slot nobody knows', () => {
    expect(() => fill(['Hello {nobody}'], prompts.slots, drawsFor(1))).toThrow('no slot {nobody}');
  });
});

describe('the workload', () => {
  const items = createWorkload({ requests: 400, seed: 7 });

  it('is the same for the same seed, and a longer one begins with the shorter one', () => {
    expect(createWorkload({ requests: 400, seed: 7 })).toEqual(items);
    expect(createWorkload({ requests: 100, seed: 7 })).toEqual(items.slice(0, 100));
    expect(createWorkload({ requests: 400, seed: 8 })).not.toEqual(items);
  });

  it('mixes streams, tools, schemas and conversations', () => {
    const share = (holds: (item: (typeof items)[number]) => boolean): number =>
      items.filter(holds).length / items.length;
    expect(share(({ stream }) => stream)).toBeGreaterThan(0.25);
    expect(share(({ body }) => body.tools !== undefined)).toBeGreaterThan(0.05);
    expect(share(({ body }) => body.response_format !== undefined)).toBeGreaterThan(0.02);
    expect(share(({ follows }) => follows !== undefined)).toBeGreaterThan(0.05);
  });

  it('follows only what came before, and each turn once', () => {
    const followed = items.flatMap(({ follows }) => follows ?? []);
    expect(new Set(followed).size).toBe(followed.length);
    for (const { index, follows = -1 } of items) expect(follows).toBeLessThan(index);
  });

  it('takes the same question for equally hard wherever it is asked', () => {
    const byText = Map.groupBy(items, ({ body }) => JSON.stringify(body.messages.at(-1)));
    for (const same of byText.values()) expect(new Set(same.map(({ subject }) => subject.id)).size).toBe(1);
  });

  it('says nothing of task or difficulty in what is sent', () => {
    for (const { body } of items) expect(Object.keys(body)).not.toContain('metadata');
  });
});
