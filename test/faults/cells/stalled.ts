// Clients that do not read: the upstream is held back, memory does not grow with what it would send, and after half a minute they are let go.
import { readFileSync } from 'node:fs';
import { forever, opens, role } from '../../support/truth-bill/acts.ts';
import { type Cell, type Finding, finding } from '../cell.ts';
import { visit } from '../client.ts';
import { startProcess } from '../process.ts';
import type { Evidence, Stand } from '../stand.ts';

const MEGABYTE = 1024 * 1024;
/** Of resident memory a stalled client may cost, and what a process takes for itself while it warms up. */
const PER_CLIENT_BYTES = 1.5 * MEGABYTE;
const LEAST_BYTES = 64 * MEGABYTE;
/** Most that the kernel keeps for one connection, in one direction: what it may send and what the other side may receive. */
const kernelBytes = (): number =>
  ['tcp_rmem', 'tcp_wmem']
    .map((name) => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').split(/\s+/)[2]))
    .reduce((sum, bytes) => sum + bytes, 0);
/** An upstream that is held back sends no more than buffers hold: the kernel's on both connections, and a little of ours. */
const OWN_BYTES = MEGABYTE;
const STALL_MS = 30_000;
const PAGE_BYTES = 4096;
const EVENT = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'a'.repeat(64_000) }, finish_reason: null }] })}\n\n`;

const residentBytes = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;

/** @param speed one for the real half minute */
const stalled = (clients: number, speed: number) => {
  const findings: Finding[] = [];
  const gather = async (stand: Stand): Promise<Evidence> => {
    const { clock } = stand.world;
    const running = await startProcess(stand, speed);
    await running.ask().until(({ firstContentAt }) => firstContentAt !== undefined);
    // It was there to warm the process; read to for ever it would come to the bound of a stream.
    running.leave();
    const before = residentBytes(running.child.pid);
    const from = clock.elapsed();
    const deaf = Array.from({ length: clients }, () =>
      visit({ ...stand.say(), port: running.port, deaf: true }, clock),
    );
    await stand.until(() => stand.calls().length > clients, 20_000);
    let peak = before;
    const isOver = (): boolean => stand.calls().every(({ ended }) => ended !== 'open');
    while (!isOver() && clock.elapsed() - from < 2 * STALL_MS) {
      peak = Math.max(peak, residentBytes(running.child.pid));
      await clock.sleep(500);
    }
    const grown = peak - before;
    const sent = Math.max(
      ...stand
        .calls()
        .slice(1)
        .map((call) => call.bytes()),
    );
    const took = Math.max(
      ...stand
        .calls()
        .slice(1)
        .map(({ goneAt }) => (goneAt ?? Number.POSITIVE_INFINITY) - from),
    );
    for (const each of deaf) each.leave();
    running.child.kill('SIGTERM');
    await running.stopped(from);
    const most = Math.max(clients * PER_CLIENT_BYTES, LEAST_BYTES);
    if (grown > most)
      findings.push(
        finding('I11', `grew by ${Math.round(grown / MEGABYTE)} MB, expected at most ${Math.round(most / MEGABYTE)}`),
      );
    if (sent > 2 * kernelBytes() + OWN_BYTES)
      findings.push(
        finding('I11', `an upstream could send ${Math.round(sent / MEGABYTE)} MB to a client that does not read`),
      );
    if (took > STALL_MS + 6_000)
      findings.push(finding('I1', `let go after ${Math.round(took)} ms, expected ${STALL_MS}`));
    return running.evidence();
  };
  return { gather, judge: (): readonly Finding[] => findings };
};

const cell = (name: string, clients: number, speed: number): Cell => ({
  name,
  about: `${clients} clients ask for streams without end and read nothing.`,
  group: 'beyond',
  primary: 'openai',
  stream: true,
  speed,
  script: () => [opens, role, forever({ bytes: EVENT })],
  ...stalled(clients, speed),
  patienceMs: 120_000,
  expect: {
    status: [200],
    ends: 'left',
    primary: [1, 1],
    total: [1, 1],
    flagged: true,
  },
});

export const STALLED: readonly Cell[] = [cell('X-stalled-20', 20, 5)];
/** The size that is promised, at the pace of life: a minute, so only when asked for. */
export const STALLED_FULL: readonly Cell[] = [cell('X-stalled-200', 200, 1)];
