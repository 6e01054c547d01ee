// What stands in the Redis stream and what a reader makes of it: each batch once, in order, and a word where one is missing.
import { type Heard, type Notice, TOPICS } from '../core/bulletin.ts';

/** One entry: who wrote it, the how-manieth of theirs it is, and its notices as JSON. */
export type Entry = {
  readonly from: string;
  readonly seq: number;
  readonly notices: string;
};

const FIELDS = { from: 'r', seq: 's', notices: 'n' } as const;
/** Replicas remembered; one comes with every start of a process. */
const MOST_REPLICAS = 10_000;

type Telling = Pick<Entry, 'from' | 'seq'> & { readonly notices: readonly Notice[] };

export const fieldsOf = ({ from, seq, notices }: Telling): string[] => [
  FIELDS.from,
  from,
  FIELDS.seq,
  String(seq),
  FIELDS.notices,
  JSON.stringify(notices),
];

const isNotice = (value: unknown): value is Notice =>
  typeof value === 'object' &&
  value !== null &&
  'topic' in value &&
  TOPICS.some((topic) => topic === value.topic) &&
  'body' in value;

/** An entry that is none of ours is undefined. */
export const entryOf = (fields: readonly string[]): Entry | undefined => {
  const at = (name: string): string | undefined => {
    const index = fields.indexOf(name);
    return index < 0 ? undefined : fields[index + 1];
  };
  const [from, notices] = [at(FIELDS.from), at(FIELDS.notices)];
  const seq = Number(at(FIELDS.seq));
  return from === undefined || notices === undefined || !Number.isSafeInteger(seq) ? undefined : { from, seq, notices };
};

/** Topics of a later version are left out. */
const noticesIn = (text: string): readonly Notice[] => {
  try {
    const notices: unknown = JSON.parse(text);
    return Array.isArray(notices) ? notices.filter(isNotice) : [];
  } catch {
    return [];
  }
};

/** Tells entries told twice from new ones, and notices when one of a replica's is missing. */
export const createOrder = (self: string) => {
  const last = new Map<string, number>();
  return ({ from, seq, notices }: Entry): { readonly heard: readonly Heard[]; readonly missed: boolean } => {
    const before = last.get(from);
    if (from === self || (before !== undefined && seq <= before)) return { heard: [], missed: false };
    if (last.size >= MOST_REPLICAS && before === undefined) last.clear();
    last.set(from, seq);
    return {
      // Read only now: a replica hears everything it has said itself.
      heard: noticesIn(notices).map((notice) => ({ ...notice, from })),
      missed: before !== undefined && seq > before + 1,
    };
  };
};

/** Milliseconds, then a number within the millisecond. */
export const isEarlierId = (a: string, b: string): boolean => {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs < bMs || (aMs === bMs && aSeq < bSeq);
};
