// A process that puts rows into a spool, as the ledger of a cluster does, on a disk that will fail; it says aloud what was kept and what was refused.
import { writeSync } from 'node:fs';
import { createGroupCommit } from '../../src/ledger/group-commit.ts';
import { openSpool } from '../../src/ledger/spool.ts';
import { systemClock } from '../../src/world.ts';
import { wholeRequest } from './ledger.ts';

const REQUESTS = 60;

const [folder = ''] = process.argv.slice(2);
const spool = await openSpool({
  folder,
  durability: 'power',
  clock: systemClock,
  // The database is away.
  deliver: () => Promise.reject(new Error('away')),
  isHopeless: () => false,
  say: () => undefined,
});
const commits = createGroupCommit({
  commit: (rows) =>
    spool.keep(JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? Number(value) : value))),
});
for (let index = 0; index < REQUESTS; index += 1) {
  const word = await commits.append(wholeRequest(`r${index}`)).then(
    () => 'kept',
    () => 'refused',
  );
  writeSync(1, `${word} r${index}\n`);
}
process.exit(0);
