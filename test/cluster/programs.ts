// The servers these scenarios need, as installed on this machine: without them nothing is shown, so nothing passes.
import { onPath } from '../support/child-server.ts';
import { postgresPrograms } from '../support/servers.ts';

export type Programs = { readonly redis: string; readonly postgres: string };

/** @throws Error that names what is not installed */
export const findPrograms = (): Programs => {
  const redis = onPath('redis-server');
  const postgres = postgresPrograms();
  if (redis && postgres) return { redis, postgres };
  const missing = [...(redis ? [] : ['redis-server']), ...(postgres ? [] : ['PostgreSQL'])];
  throw new Error(`not installed on this machine: ${missing.join(' and ')} (apt-get install redis-server postgresql)`);
};
