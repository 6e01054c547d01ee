// Where the files of the price machinery lie: those that ship, and those beside the ledger.
import { join } from 'node:path';
import type { Config } from '../config.ts';

/** The bundled list, the alias table and the catalogue. */
export const PRICING = join(import.meta.dirname, '../../pricing');

/** What people have released from the quarantine. */
export const releasesFile = ({ data }: Pick<Config, 'data'>): string => join(data, 'releases.jsonl');
