// Seeded random numbers for tests; the seed goes into the test's name or message, so that a failure can be run again.
export { seededRng } from '../../src/world.ts';
