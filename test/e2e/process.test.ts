// The real process: refuses to start with the place of the mistake, ends in good order, and loses nothing when it is killed.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { rests, says } from '../support/answers.ts';
import { type SellerSpec, secretOf, temporaryFolder, until, writeSetup } from '../support/bourse.ts';
import { runBourse, startServe } from '../support/process.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const SELLERS: readonly SellerSpec[] = [
  { name: 'harbor', dialect: 'chat', sells: [{ model: 'tidal/current-70b', price: [2, 10] }] },
];
const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is my parcel?' }];

let upstream: Upstream;
const folders: string[] = [];
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(async () => {
  await upstream.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const setup = (config: object = {}, sellers = SELLERS) => {
  const cwd = temporaryFolder();
  folders.push(cwd);
  const { file, env, data } = writeSetup(
    cwd,
    { sellers, config, policies: { auto: { objective: 'cheapest' } } },
    sellers.map(() => upstream.url),
  );
  return { cwd, file, env, data };
};
const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });

/** Every test starts processes, and the machine may be busy. */
const PATIENCE = { timeout: 60_000 };

describe.concurrent('serve refuses to start', PATIENCE, () => {
  const refused = async ({ cwd, file, env }: ReturnType<typeof setup>, without: readonly string[] = []) => {
    const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !without.includes(name)));
    return runBourse(['serve', '--config', file], { cwd, env: kept });
  };

  it('on a policy with a typo: file, line, column, and the word that was meant', async () => {
    const place = setup();
    const policy = join(place.cwd, 'policies', 'support.yaml');
    writeFileSync(policy, 'version: 1\nname: support\nabout: x\nobjectve: cheapest\n');
    const { code, out, err } = await refused(place);
    expect(code).toBe(1);
    expect(err).toContain(`${policy}:4:1  objectve`);
    expect(err).toContain('did you mean objective');
    expect(out).toBe('');
  });

  it('on a bourse.yaml with a typo, likewise', async () => {
    const place = setup();
    writeFileSync(place.file, 'log: silent\nproviders:\n  harbor:\n    base_ur: http://127.0.0.1:1/v1\n');
    const { code, err } = await refused(place);
    expect(code).toBe(1);
    expect(err).toContain(`${place.file}:4:5  providers.harbor.base_ur`);
    expect(err).toContain('did you mean base_url');
  });

  it('without a provider that could be used, saying what would help', async () => {
    const { code, err } = await refused(setup(), ['HARBOR_API_KEY']);
    expect(code).toBe(1);
    expect(err).toContain('provider "harbor" has no key: set HARBOR_API_KEY');
    expect(err).toContain('there is nothing to route to: set a key such as OPENAI_API_KEY');
  });

  it('with a provider that sells nothing anyone knows', async () => {
    const { code, err } = await refused(setup({}, [{ name: 'harbor', dialect: 'chat', sells: [] }]));
    expect(code).toBe(1);
    expect(err).toContain('declare offers in bourse.yaml');
  });

  it('beyond loopback without keys', async () => {
    const { code, err } = await refused(setup({ listen: '0.0.0.0:0' }));
    expect(code).toBe(1);
    expect(err).toContain('without keys Bourse listens on loopback only');
  });

  it('on a feed nobody knows and on a key that could never match, and ends at once', async () => {
    const feed = await refused(setup({ prices: { feeds: { openruter: {} } } }));
    expect(feed.code).toBe(1);
    expect(feed.err).toContain('prices.feeds: "openruter"');
    const key = await refused(setup({ keys: [{ id: 'short', hash: '0'.repeat(64) }] }));
    expect(key.code).toBe(1);
    expect(key.err).toContain('a key needs its id');
  });

  it('on an address that is taken, and ends at once', async () => {
    const taken = new URL(upstream.url).port;
    const { code, err } = await refused(setup({ listen: `127.0.0.1:${taken}` }));
    expect(code).toBe(1);
    expect(err).toContain('EADDRINUSE');
  });

  it('on a ledger that another router holds, which goes on answering', async () => {
    const place = setup();
    upstream.play(says('chat', { text: 'still here' }));
    const first = await startServe(place.file, place);
    const second = await refused(place);
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/ledger/i);
    const completion = await clientOf(first.url).chat.completions.create({ model: 'auto', messages: hello });
    expect(completion.choices[0]?.message.content).toBe('still here');
    expect((await first.stop()).code).toBe(0);
  });
});

describe('serve', PATIENCE, () => {
  it('says where it listens, that it has no keys, and reloads a policy that changes, keeping the last good one', async () => {
    const place = setup();
    upstream.play(says('chat', { text: 'Yes.' }));
    const serving = await startServe(place.file, place);
    expect(serving.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    await until(() => serving.err().includes('no keys are configured') || undefined);
    const policy = join(place.cwd, 'policies', 'auto.yaml');
    const good = readFileSync(policy, 'utf8');
    writeFileSync(policy, good.replace('cheapest', 'cheepest'));
    await until(() => serving.err().includes(`${policy}:`) || undefined);
    await clientOf(serving.url).chat.completions.create({ model: 'auto', messages: hello });
    writeFileSync(policy, good.replace('cheapest', 'fastest'));
    await until(() => serving.err().includes('policies reloaded: auto') || undefined);
    const { code } = await serving.stop();
    expect(code).toBe(0);
  });

  it('told to stop, finishes the stream that is under way and turns new requests away', async () => {
    const place = setup();
    const gate = Promise.withResolvers<void>();
    upstream.play(rests('chat', { text: 'To be continued, and continued.' }, gate.promise));
    const serving = await startServe(place.file, place);
    const client = clientOf(serving.url);
    const stream = await client.chat.completions.create({ model: 'auto', messages: hello, stream: true });
    let text = '';
    let ended: ReturnType<typeof serving.stop> | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (ended || text === '') continue;
      ended = serving.stop();
      await until(() => serving.err().includes('stopping') || undefined);
      await expect(client.chat.completions.create({ model: 'auto', messages: hello })).rejects.toBeInstanceOf(
        OpenAI.APIError,
      );
      gate.resolve();
    }
    expect(text).toBe('To be continued, and continued.');
    expect((await ended)?.code).toBe(0);
    const ledger = await openSqliteLedger({ path: join(place.data, 'ledger.sqlite') });
    expect(ledger.recovered.ambiguous).toBe(0);
    const rows = await ledger.spend({ from: 0, to: Number.MAX_SAFE_INTEGER }, 'policy');
    expect(rows).toEqual([expect.objectContaining({ requests: 1, failed: 0, cancelled: 0 })]);
    await ledger.close();
  });
});

describe('serve that is killed while requests are under way', PATIENCE, () => {
  it('has every answer it gave on record, and after a restart every call that was cut off, at what it may have cost', async () => {
    const place = setup();
    const never = new Promise<void>(() => undefined);
    // Two in three are answered; the third never is: half of those before their first token, half in the middle of a stream.
    let calls = 0;
    upstream.play((seen) => {
      calls += 1;
      if (calls % 3 !== 0) return says('chat', { text: 'Yes.' })(seen);
      return JSON.parse(seen.body).stream === true
        ? rests('chat', { text: 'A long one, and longer.' }, never)()
        : { before: { until: never }, steps: [] };
    });
    const serving = await startServe(place.file, place);
    const answered: string[] = [];
    const begun: string[] = [];
    const faults: unknown[] = [];
    const ask = async (stream: boolean): Promise<void> => {
      const client = clientOf(serving.url);
      const body = { model: 'auto', messages: hello };
      try {
        if (!stream) answered.push((await client.chat.completions.create(body)).id);
        else {
          let id = '';
          let whole = false;
          for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
            if (id === '') begun.push((id = chunk.id));
            whole ||= chunk.choices[0]?.finish_reason === 'stop';
          }
          if (whole) answered.push(id);
        }
      } catch (fault) {
        faults.push(fault);
      }
    };
    const asked = Promise.all(Array.from({ length: 60 }, (_, number) => ask(number % 2 === 0)));
    // A call and the note of it leave side by side, and only an answer waits for the note: here all notes have arrived.
    const noted = new DatabaseSync(join(place.data, 'ledger.sqlite'), { readOnly: true });
    const notes = () => noted.prepare('select count(*) as count from dispatches').get()?.['count'];
    await until(() => (notes() === 60 && answered.length === 40) || undefined);
    noted.close();
    await serving.kill();
    await asked;
    expect(faults.filter((fault) => !(fault instanceof Error))).toEqual([]);
    const cut = begun.filter((id) => !answered.includes(id));
    expect(cut.length).toBeGreaterThan(0);

    const path = join(place.data, 'ledger.sqlite');
    const dead = await openSqliteLedger({ path, access: 'read' });
    const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
    const counted = (await dead.spend(all, 'policy')).reduce((sum, row) => sum + row.requests, 0);
    await dead.close();

    const again = await startServe(place.file, place);
    expect(again.err()).toMatch(/the last run ended hard: \d+ requests were cut off; \d+ calls may have been billed/);
    const [, requests, ambiguous] = /hard: (\d+) requests were cut off; (\d+) calls/.exec(again.err()) ?? [];
    // Answered ones whose outcome had not reached the disk are counted with the cut ones: lost exactness, no lost request.
    expect(counted + Number(requests)).toBe(60);
    expect(Number(ambiguous)).toBe(Number(requests));
    expect(Number(requests)).toBeGreaterThanOrEqual(20);

    // Reports work beside a running server, and every request is in them.
    const beside = await runBourse(['report', 'spend', '--by', 'offer', '--json', '--config', place.file], place);
    expect(beside.code).toBe(0);
    const { total } = JSON.parse(beside.out);
    expect(total.requests).toBe(60);
    expect(total.ambiguous).toBe(Number(ambiguous));
    expect(total.ambiguous_usd).toBeGreaterThan(0);
    const missing = [];
    for (const id of [...answered, ...begun])
      if ((await fetch(`${again.url}/v1/decisions/${id}`)).status !== 200) missing.push(id);
    expect(missing).toEqual([]);
    const { outcome } = JSON.parse(await (await fetch(`${again.url}/v1/decisions/${cut[0]}`)).text());
    expect(outcome).toMatchObject({ status: 'failed', cost_status: 'ambiguous' });
    expect((await again.stop()).code).toBe(0);

    // Told once: the next opening has nothing to recover.
    const third = await openSqliteLedger({ path });
    expect(third.recovered).toEqual({ requests: 0, ambiguous: 0, reserved: 0 });
    await third.close();
    expect(readFileSync(path).includes(secretOf('harbor'))).toBe(false);
  });
});

describe('a provider from the environment alone', PATIENCE, () => {
  it('serves with the shipped policies and no file at all', async () => {
    const cwd = temporaryFolder();
    folders.push(cwd);
    writeFileSync(join(cwd, 'bourse.yaml'), '');
    appendFileSync(join(cwd, 'bourse.yaml'), 'listen: 127.0.0.1:0\nlog: silent\nprices: { feeds: off }\n');
    upstream.play(says('chat', { text: 'from openai, so to speak' }));
    const env = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: `${upstream.url}/v1` };
    const serving = await startServe(join(cwd, 'bourse.yaml'), { cwd, env });
    expect(serving.err()).toMatch(/policies: auto, chat-fast, code, economy, extract, private, quality, summarize/);
    const completion = await clientOf(serving.url).chat.completions.create({ model: 'auto', messages: hello });
    expect(completion.choices[0]?.message.content).toBe('from openai, so to speak');
    expect(completion.model).toMatch(/^openai\//);
    expect((await serving.stop()).code).toBe(0);
  });
});
