// What lag and loss between replicas cost: beliefs merged and budgets shared by a simulated fleet. node benchmarks/fleet.ts [--save] [--replicas 200]
import { parseArgs } from 'node:util';
import { simulateBeliefs } from './fleet/beliefs.ts';
import { simulateCap } from './fleet/budget.ts';
import { machine, resultPath, writeResult } from './machine.ts';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '200' },
    requests: { type: 'string', default: '8000' },
    seeds: { type: 'string', default: '3' },
    save: { type: 'boolean', default: false },
  },
});
const replicas = Number(values.replicas);
const requests = Number(values.requests);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);

const FLEETS = [
  { name: 'one node', replicas: 1, lagMs: 0, loss: 0, sharing: true },
  { name: 'as one, 0.1 s', replicas, lagMs: 100, loss: 0, sharing: true },
  { name: 'as one, 1 s, 1 % lost', replicas, lagMs: 1_000, loss: 0.01, sharing: true },
  { name: 'as one, 10 s, 10 % lost', replicas, lagMs: 10_000, loss: 0.1, sharing: true },
  { name: 'everybody alone', replicas, lagMs: 0, loss: 0, sharing: false },
] as const;

const CAPS = [
  { name: 'one node', replicas: 1, lagMs: 0, loss: 0, away: 0 },
  { name: 'slices, 2 ms', replicas, lagMs: 2, loss: 0, away: 0 },
  { name: 'slices, 50 ms, 5 % lost', replicas, lagMs: 50, loss: 0.05, away: 0 },
  { name: 'slices, counter away for a third of the time', replicas, lagMs: 2, loss: 0, away: 1 / 3 },
] as const;

const meanOf = <Row extends Readonly<Record<string, number>>>(rows: readonly Row[]): Row =>
  Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name) => [
      name,
      Number((rows.reduce((sum, row) => sum + (row[name] ?? 0), 0) / rows.length).toPrecision(4)),
    ]),
  ) as Row;

const beliefs: object[] = [];
for (const { name, ...fleet } of FLEETS) {
  const rows = [];
  for (const seed of seeds) rows.push(await simulateBeliefs({ ...fleet, requests, seed }));
  beliefs.push({ name, ...fleet, ...meanOf(rows) });
}
console.table(beliefs);
const caps: object[] = [];
for (const { name, ...fleet } of CAPS) {
  const rows = [];
  for (const seed of seeds) rows.push(await simulateCap({ ...fleet, requests: 4 * requests, seed }));
  const worst = Math.max(...rows.map(({ overshoot }) => overshoot));
  caps.push({ name, ...fleet, ...meanOf(rows), worst });
}
console.table(caps);
const on = machine();
if (values.save) writeResult(resultPath('fleet', on), { what: 'fleet', machine: on, seeds, requests, beliefs, caps });
