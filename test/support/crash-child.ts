// A process that writes until it is killed, and says aloud which requests the ledger has acknowledged.
import { writeSync } from 'node:fs';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { decided, fullDecision, outcomeOf, sent, settled } from './ledger.ts';

const [path = '', cycle = ''] = process.argv.slice(2);
const ledger = await openSqliteLedger({ path });
const tell = (word: string, id: string): void => void writeSync(1, `${word} ${id}\n`);

tell('ready', '-');
const lane = async (name: number): Promise<void> => {
  for (let index = 0; ; index += 1) {
    const id = `c${cycle}-${name}-${index}`;
    await ledger.append([decided(fullDecision(id)), sent(id)]);
    tell('sent', id);
    // Every fifth call is never answered, so that every kill leaves some behind.
    if ((index + name) % 5 === 0) continue;
    await ledger.append([settled(outcomeOf(id))]);
    tell('settled', id);
  }
};
await Promise.all(Array.from({ length: 16 }, (_, name) => lane(name)));
