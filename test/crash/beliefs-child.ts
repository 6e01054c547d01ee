// A process of its own that reads a ledger from its beginning and says what it believes now.
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { rebuiltDigest } from './beliefs.ts';

const [path = ''] = process.argv.slice(2);
const ledger = await openSqliteLedger({ path, access: 'read' });
process.stdout.write(await rebuiltDigest(ledger));
await ledger.close();
