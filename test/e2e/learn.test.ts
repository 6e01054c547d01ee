// bourse learn as it is typed: from a recording into what is believed at the start, out again, and into another router.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { learn } from '../../src/commands/learn.ts';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/world.ts';
import { writeSetup } from '../support/bourse.ts';
import { attemptOf, decided, outcomeOf, said, settled } from '../support/ledger.ts';
import { seededRng } from '../support/rng.ts';
import { sampleRequest } from '../support/sample.ts';

const PATIENCE = { timeout: 60_000 };
const SECRET = 'xylograph';
const GOOD = 'meadow/clover-8b';
const BAD = 'tidal/current-70b';
let folder: string;
let recording: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bourse-learn-'));
  recording = join(folder, 'rows.jsonl');
  const rng = seededRng(3);
  const rows = Array.from({ length: 300 }, (_, at) => ({
    id: at,
    prompt: `Where is parcel number ${at} of the ${SECRET}?`,
    outcomes: {
      [GOOD]: { quality: rng.next() < 0.98 ? 1 : 0, output_tokens: 50 },
      [BAD]: { quality: rng.next() < 0.1 ? 1 : 0, output_tokens: 900 },
      'gpt-4o': { quality: 1 },
      'house-model-nobody-knows': { quality: 1 },
    },
  }));
  writeFileSync(recording, rows.map((row) => JSON.stringify(row)).join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A router of its own, with its folder. */
const setup = (name: string) =>
  writeSetup(
    join(folder, name),
    {
      sellers: [{ name: 'harbor', dialect: 'chat', sells: [{ model: GOOD }, { model: BAD }] }],
      policies: { plain: { models: ['meadow/*'], feedback: { half_life: '3d' } } },
    },
    ['http://127.0.0.1:1'],
  );

const type = async (file: string, ...words: string[]) => {
  let [out, err] = ['', ''];
  const code = await learn.run([...words, '--config', file], {
    out: (line) => (out += `${line}\n`),
    err: (line) => (err += `${line}\n`),
    write: () => undefined,
    live: false,
  });
  return { code, out, err };
};

const believed = async ({ file, env }: ReturnType<typeof setup>) => {
  const app = await createApp(loadConfig(file, env), { clock: systemClock, rng: seededRng(1), say: () => undefined });
  try {
    const caller = { id: 'local', policies: [] };
    const signal = new AbortController().signal;
    const ask = { requestId: 'r', request: sampleRequest(), caller, explore: 'never', signal } as const;
    const { ladder } = app.dryRun(ask);
    return Object.fromEntries(ladder.map(({ quote, quality }) => [quote.offer.model, quality.mean]));
  } finally {
    await app.close();
  }
};

/** So many requests that went well, each with its judge. */
const served = async ({ file, env }: ReturnType<typeof setup>, count: number): Promise<void> => {
  const app = await createApp(loadConfig(file, env), { clock: systemClock, rng: seededRng(1), say: () => undefined });
  const caller = { id: 'local', policies: [] };
  const signal = new AbortController().signal;
  for (let at = 0; at < count; at += 1) {
    const requestId = `r${at}`;
    const decision = app.dryRun({ requestId, request: sampleRequest(), caller, explore: 'never', signal });
    const [first] = decision.ladder;
    const offer = first ? { offer: first.quote.offer.key } : {};
    const attempts = [attemptOf(requestId, { at: decision.at, ...offer })];
    await app.ledger.append([
      decided(decision),
      settled(outcomeOf(requestId, { attempts, at: decision.at })),
      said(requestId, { score: 1, at: decision.at }),
    ]);
  }
  await app.close();
};

describe('bourse learn', PATIENCE, () => {
  it('takes a recording into what is believed at the start, names what it does not know, and keeps no prompt', async () => {
    const one = setup('one');
    const before = await believed(one);
    const { code, out, err } = await type(one.file, '--from', recording);
    expect(code).toBe(0);
    expect(out).toContain(`${GOOD}  300 lessons, 300 judged`);
    expect(out).toContain('openai/gpt-4o  300 lessons');
    expect(err).toContain('house-model-nobody-knows');
    const after = await believed(one);
    expect(after[GOOD]).toBeGreaterThan(before[GOOD] ?? 1);
    expect(after[BAD]).toBeLessThan((before[BAD] ?? 0) - 0.3);
    expect(readFileSync(join(one.data, 'prior.json'), 'utf8')).not.toContain(SECRET);
  });

  it('exports what another router then believes as well', async () => {
    const [one, two] = [setup('from'), setup('to')];
    await type(one.file, '--from', recording);
    const file = join(folder, 'export.json');
    expect((await type(one.file, '--export', file, '--json')).code).toBe(0);
    expect((await type(two.file, '--from', file)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(two.data, 'prior.json'), 'utf8'))).toEqual(
      JSON.parse(readFileSync(file, 'utf8')),
    );
    const [was, is] = [await believed(one), await believed(two)];
    for (const model of [GOOD, BAD]) expect(is[model]).toBeCloseTo(was[model] ?? 0, 3);
    expect((await type(two.file, '--from', file)).code).toBe(0);
    const again = await believed(two);
    for (const model of [GOOD, BAD]) expect(again[model]).toBeCloseTo(was[model] ?? 0, 3);
  });

  it('believes no less of its own traffic where it reads in its own export, once or twice', async () => {
    const one = setup('self');
    await served(one, 120);
    const before = await believed(one);
    const file = join(folder, 'self.json');
    await type(one.file, '--export', file);
    for (const _ of ['once', 'twice']) {
      expect((await type(one.file, '--from', file)).code).toBe(0);
      const after = await believed(one);
      for (const model of [GOOD, BAD]) expect(after[model]).toBeCloseTo(before[model] ?? 0, 3);
    }
  });

  it('with a policy takes only its models, at its half-life', async () => {
    const one = setup('narrow');
    const { out } = await type(one.file, '--from', recording, '--policy', 'plain', '--json');
    expect(JSON.parse(out).models).toEqual([{ model: GOOD, lessons: 300, judged: 300 }]);
    const prior = JSON.parse(readFileSync(join(one.data, 'prior.json'), 'utf8'));
    expect(prior.models[GOOD][0].half_life_ms).toBe(3 * 86_400_000);
  });

  it('says what is wrong with a file or its words, and a damaged import stops the router', async () => {
    const one = setup('wrong');
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{ "bourse_prior": 1, "models": { "a/b": [{ "id": "x" }] } }');
    await expect(type(one.file, '--from', broken)).rejects.toThrow(`${broken}: models.a/b.0`);
    await expect(type(one.file, '--from', join(folder, 'none'))).rejects.toThrow('none  there is no such file; check');
    await expect(type(one.file, '--from', folder)).rejects.toThrow('this is a folder');
    await expect(type(one.file)).rejects.toThrow('--from FILE and --export FILE');
    await expect(type(one.file, '--from', recording, '--policy', 'nobody')).rejects.toThrow(
      'there is no policy "nobody"',
    );
    await type(one.file, '--from', recording);
    writeFileSync(join(one.data, 'prior.json'), '{');
    await expect(believed(one)).rejects.toThrow('prior.json: is not JSON');
  });
});
