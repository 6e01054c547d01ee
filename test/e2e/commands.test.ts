// The commands as a person or a script runs them: what they print, as text and as JSON, and how they exit.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createKeyring } from '../../src/auth/keys.ts';
import { writeSetup } from '../support/bourse.ts';
import { runBourse } from '../support/process.ts';

/** Every test starts processes, and the machine may be busy. */
const PATIENCE = { timeout: 60_000 };

let cwd: string;
/** For what a test writes itself. */
let scratch: string;
let file: string;
let env: Record<string, string>;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bourse-e2e-'));
  scratch = mkdtempSync(join(tmpdir(), 'bourse-e2e-'));
  const written = writeSetup(
    cwd,
    {
      sellers: [
        {
          name: 'harbor',
          dialect: 'chat',
          sells: [
            { model: 'tidal/current-70b', price: [2, 10] },
            { model: 'meadow/clover-8b', price: [0.1, 0.2] },
          ],
        },
      ],
      policies: { auto: { objective: 'cheapest' }, dear: { models: ['tidal/*'] } },
    },
    // Nobody is there, and nobody is to be called.
    ['http://127.0.0.1:1'],
  );
  file = written.file;
  env = written.env;
});
afterAll(() => {
  for (const folder of [cwd, scratch]) rmSync(folder, { recursive: true, force: true });
});
const run = (...words: string[]) => runBourse(words, { cwd, env });

describe.concurrent('bourse', PATIENCE, () => {
  it('without words, or asked for help, lists its commands and exits with 0; an unknown word is a 2', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    for (const name of ['serve', 'demo', 'route', 'replay', 'prices', 'policies', 'report', 'keys'])
      expect(help.out).toContain(`  ${name}`);
    const unknown = await run('srve');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('there is no command "srve"');
    expect(unknown.out).toBe('');
  });
});

describe.concurrent('bourse route', PATIENCE, () => {
  it('says where a prompt would go, with its quotes as JSON, calls nobody and leaves nothing behind', async () => {
    const { code, out } = await run('route', 'Where is my parcel?', '--config', file, '--json');
    expect(code).toBe(0);
    const said = JSON.parse(out);
    expect(JSON.stringify(said)).toContain('harbor:meadow/clover-8b');
    const text = await run('route', 'Where is my parcel?', '--model', 'auto/dear', '--config', file);
    expect(text.code).toBe(0);
    expect(text.out).toContain('harbor:tidal/current-70b');
    expect(text.out).not.toContain('meadow/clover-8b  ');
    expect(existsSync(join(cwd, 'data'))).toBe(false);
    expect(readdirSync(cwd).toSorted()).toEqual(['bourse.yaml', 'policies']);
  });

  it('exits with 1 where no offer can take it, and with 2 at an option nobody knows', async () => {
    const none = await run('route', 'x', '--model', 'auto/nobody', '--config', file, '--json');
    expect(none.code).toBe(1);
    expect(none.err).toContain('model_not_found');
    const option = await run('route', 'x', '--modle', 'auto');
    expect(option.code).toBe(2);
    expect(option.err).toContain('--modle');
  });
});

describe.concurrent('bourse prices', PATIENCE, () => {
  it('lists what is bundled, with sources and status, and exits with 1 where there is nothing', async () => {
    const json = await run('prices', '--model', 'openai/gpt-5-mini', '--json');
    expect(json.code).toBe(0);
    const { data: rows } = JSON.parse(json.out);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows[0]).toMatchObject({ model: 'openai/gpt-5-mini', status: expect.any(String) });
    expect(rows[0].sheet.sources.length).toBeGreaterThan(0);
    const text = await run('prices', '--model', 'openai/gpt-5-mini', '--limit', '1');
    expect(text.out).toMatch(/^ {4}\w+ .*\$/m);
    expect(text.out).toContain('sellers with a price');
    expect((await run('prices', '--model', 'nobody/nothing', '--json')).code).toBe(1);
    expect((await run('prices', '--limit', 'many')).code).toBe(2);
  });
});

describe.concurrent('bourse policies', PATIENCE, () => {
  it('checks files with their examples: 0 when all is well, 1 with the place where it is not', async () => {
    const dir = join(cwd, 'policies');
    const well = await run('policies', 'check', '--dir', dir, '--json');
    expect(well.code).toBe(0);
    expect(JSON.parse(well.out)).toMatchObject({ problems: [] });
    const bad = join(scratch, 'bad');
    const copy = { version: 1, about: 'x', examples: [{ say: 'Where is my parcel?', expect: { task: 'math' } }] };
    mkdirSync(bad);
    writeFileSync(join(bad, 'wrong.yaml'), JSON.stringify({ ...copy, name: 'wrong' }, null, 2));
    writeFileSync(join(bad, 'typo.yaml'), 'version: 1\nname: typo\nabout: x\nmodles: ["*/*"]\n');
    const found = await run('policies', 'check', '--dir', bad);
    expect(found.code).toBe(1);
    expect(found.err).toMatch(/typo\.yaml:4:1 {2}modles/);
    expect(found.err).toMatch(/wrong\.yaml:\d+ .*Where is my parcel/);
    const json = await run('policies', 'check', '--dir', bad, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out).problems[0]).toMatchObject({ line: 4, column: 1, path: 'modles' });
  });

  it('explains one with every default filled in, and says what there is where there is no such policy', async () => {
    const dir = join(cwd, 'policies');
    const json = await run('policies', 'explain', 'auto', '--dir', dir, '--json');
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out)).toMatchObject({ name: 'auto', objective: 'cheapest', hash: expect.any(String) });
    const text = await run('policies', 'explain', 'auto', '--dir', dir);
    expect(text.out).toContain('objective: cheapest');
    expect(text.out).toContain('deadline');
    const none = await run('policies', 'explain', 'nobody', '--dir', dir);
    expect(none.code).toBe(1);
    expect(none.err).toContain('auto, dear');
  });
});

describe.concurrent('bourse report', PATIENCE, () => {
  it('says which ledger it looked for where there is none, and is a 2 for words it does not know', async () => {
    // A report of nothing would hide that it was pointed at the wrong folder.
    const { code, out, err } = await run('report', 'spend', '--config', file, '--json');
    expect(code).toBe(1);
    expect(err).toContain(join(cwd, 'data', 'ledger.sqlite'));
    expect(out).toBe('');
    expect((await run('report', 'spend', '--by', 'moon', '--config', file)).code).toBe(2);
  });
});

describe.concurrent('bourse keys revoke', PATIENCE, () => {
  it('says what to do instead where there is no Redis, and what it wants where the id is none', async () => {
    const alone = await run('keys', 'revoke', 'AbCdEfGhIjK1');
    expect(alone).toMatchObject({ code: 1, out: '' });
    expect(alone.err).toContain('needs REDIS_URL. Take it out of keys: in bourse.yaml');
    expect((await run('keys', 'revoke', 'bk_short')).code).toBe(2);
    expect((await run('keys')).code).toBe(2);
  });
});

describe.concurrent('bourse keys create', PATIENCE, () => {
  it('prints a key once, with the line for bourse.yaml that lets it in and holds no part of its secret', async () => {
    const { code, out } = await run('keys', 'create', '--name', 'ci', '--policy', 'dear', '--json');
    expect(code).toBe(0);
    const { key, entry } = JSON.parse(out);
    const caller = createKeyring([entry]).authenticate(`Bearer ${key}`);
    expect(caller).toEqual({ id: entry.id, policies: ['dear'] });
    // The secret may itself hold an underscore.
    const [, secret] = key.split(`bk_${entry.id}_`);
    expect(secret).toHaveLength(43);
    expect(JSON.stringify(entry)).not.toContain(secret);
    // The line as printed for people is YAML that the configuration takes.
    const text = await run('keys', 'create');
    const line = text.out.split('\n').find((each) => each.trim().startsWith('- '));
    writeFileSync(join(scratch, 'keyed.yaml'), `keys:\n${line}\n`);
    expect(loadConfig(join(scratch, 'keyed.yaml'), {}).keys).toHaveLength(1);
  });
});
