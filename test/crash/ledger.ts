// The books after a life, read beside whoever writes them: requests, what the sellers charge, and what bourse ledger verify says.
import { verify } from '../../src/commands/ledger-verify.ts';
import type { Range, RequestView } from '../../src/core/ledger.ts';
import type { OpenedLedger } from '../../src/ledger/recover.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import type { BilledCall } from '../faults/stand.ts';
import type { Place } from './place.ts';

export const openToRead = async ({ ledger: path }: Pick<Place, 'ledger'>): Promise<OpenedLedger & AsyncDisposable> => {
  const ledger = await openSqliteLedger({ path, access: 'read' });
  return { ...ledger, [Symbol.asyncDispose]: () => ledger.close() };
};

export const viewsIn = async (ledger: OpenedLedger, range: Range): Promise<readonly RequestView[]> => {
  const views: RequestView[] = [];
  for (let page = await ledger.records({ range, after: undefined }); ; ) {
    views.push(...page.requests);
    if (page.unreadable.length > 0) throw new Error(page.unreadable.join('\n'));
    if (!page.next) return views;
    page = await ledger.records({ range, after: page.next });
  }
};

export const verified = async (file: string): Promise<readonly string[]> => {
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const code = await verify(['--config', file], { out, err: out, write: out, live: false });
  return code === 0 ? [] : [`bourse ledger verify: ${lines.join(' ')}`];
};

export const callsOf = ({ sellers }: Pick<Place, 'sellers'>): BilledCall[] =>
  sellers.flatMap((seller) =>
    seller.calls.map((call) => ({ ...call, bill: seller.bill(call), rule: seller.ruleOf(call.model) })),
  );
