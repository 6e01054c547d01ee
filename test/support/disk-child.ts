// A process that records requests one after another on a disk that will fail, and says aloud what was acknowledged and what was refused.
import { writeSync } from 'node:fs';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { wholeRequest } from './ledger.ts';

const REQUESTS = 60;

const [path = ''] = process.argv.slice(2);
const ledger = await openSqliteLedger({ path, durability: 'power' });
for (let index = 0; index < REQUESTS; index += 1) {
  const word = await ledger.append(wholeRequest(`r${index}`)).then(
    () => 'kept',
    () => 'refused',
  );
  writeSync(1, `${word} r${index}\n`);
}
writeSync(1, `fault ${ledger.fault() ?? 'none'}\n`);
await ledger.close();
