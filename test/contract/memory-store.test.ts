import { describe } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createFakeClock } from '../support/clock.ts';
import { storeContract } from './store.contract.ts';

describe('the memory store', () => {
  storeContract(() => createMemoryStore({ clock: createFakeClock() }));
});
