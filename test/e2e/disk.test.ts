// The real process on a disk that is full, and on one that takes no more of a file: it says so, stops taking requests that cost money, and loses nothing.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { says } from '../support/answers.ts';
import { temporaryFolder, until, writeSetup } from '../support/bourse.ts';
import { runBourse, type Serving, startServe } from '../support/process.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const PATIENCE = { timeout: 120_000 };
/** More than enough to fill the disks below. */
const MOST_REQUESTS = 3_000;
const AT_ONCE = 10;

let upstream: Upstream;
const folders: string[] = [];
beforeAll(async () => {
  upstream = await startUpstream();
  upstream.play(says('chat', { text: 'Yes.' }));
});
afterAll(async () => {
  await upstream.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const setup = () => {
  const cwd = temporaryFolder();
  folders.push(cwd);
  const sellers = [{ name: 'harbor', dialect: 'chat', sells: [{ model: 'tidal/current-70b' }] }] as const;
  const { file, env, data } = writeSetup(cwd, { sellers, policies: { auto: { objective: 'cheapest' } } }, [
    upstream.url,
  ]);
  mkdirSync(data, { recursive: true });
  return { cwd, file, env, data };
};

/** Files of the process end at 1.5 MiB: writes beyond fail with EFBIG, which is to SQLite any input or output error. */
const SHORT_FILES = ['bash', '-c', 'ulimit -f 1536; exec "$@"', 'bash'] as const;
/** A disk of its own of 2.5 MiB, mounted where nobody else sees it: writes beyond fail with ENOSPC. */
const smallDisk = (data: string): readonly string[] => [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `mount -t tmpfs -o size=2560k tmpfs '${data}' && exec "$@"`,
  'sh',
];

const mayMount = (): boolean => {
  const probe = temporaryFolder();
  folders.push(probe);
  const [program = '', ...words] = smallDisk(probe);
  try {
    execFileSync(program, [...words, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const ask = async (url: string): Promise<{ readonly status: number; readonly id: string; readonly text: string }> => {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Where is my parcel?' }] }),
  });
  return { status: reply.status, id: reply.headers.get('x-bourse-request-id') ?? '', text: await reply.text() };
};

/** @returns ids of all that were answered before the first refusal */
const fill = async (url: string): Promise<{ readonly answered: readonly string[]; readonly refusal: string }> => {
  const answered: string[] = [];
  for (let asked = 0; asked < MOST_REQUESTS; asked += AT_ONCE) {
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(url)));
    answered.push(...replies.filter(({ status }) => status === 200).map(({ id }) => id));
    const refused = replies.find(({ status }) => status !== 200);
    if (refused) return { answered, refusal: `${refused.status} ${refused.text}` };
  }
  throw new Error(`the disk took ${MOST_REQUESTS} requests`);
};

const expectRefusing = async ({ url }: Serving): Promise<void> => {
  const readiness = await until(async () => {
    const reply = await fetch(`${url}/health/ready`);
    return reply.status === 503 ? await reply.text() : undefined;
  });
  expect(readiness).toContain('nothing more is accepted until the router is started again');
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  const before = upstream.seen.length;
  const { status, text } = await ask(url);
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'ledger_unavailable' } });
  // Nothing that cannot be recorded is bought.
  expect(upstream.seen.length).toBe(before);
};

const expectNothingLost = async (place: ReturnType<typeof setup>, answered: readonly string[]): Promise<void> => {
  const again = await startServe(place.file, place);
  const missing: string[] = [];
  for (const id of answered) if ((await fetch(`${again.url}/v1/decisions/${id}`)).status !== 200) missing.push(id);
  expect(missing).toEqual([]);
  expect((await ask(again.url)).status).toBe(200);
  expect((await again.stop()).code).toBe(0);
  const verified = await runBourse(['ledger', 'verify', '--config', place.file], place);
  expect(verified.out).toContain('the ledger is whole');
};

describe('serve on a disk that takes no more', PATIENCE, () => {
  it('of a file, refuses what it cannot record, is not ready, and has lost nothing when it is started again', async () => {
    const place = setup();
    const serving = await startServe(place.file, { ...place, under: SHORT_FILES });
    const { answered, refusal } = await fill(serving.url);
    expect(answered.length).toBeGreaterThan(0);
    expect(refusal).toContain('ledger_unavailable');
    await expectRefusing(serving);
    await serving.stop();
    await expectNothingLost(place, answered);
  });

  it.skipIf(!mayMount())('at all, likewise', async () => {
    const place = setup();
    const serving = await startServe(place.file, { ...place, under: smallDisk(place.data) });
    const { answered, refusal } = await fill(serving.url);
    expect(answered.length).toBeGreaterThan(0);
    expect(refusal).toContain('ledger_unavailable');
    await expectRefusing(serving);
    // The disk goes with the process that sees it: what is on it is taken off first.
    cpSync(`/proc/${serving.pid}/root${place.data}`, place.data, { recursive: true });
    await serving.kill();
    await expectNothingLost(place, answered);
  });
});
