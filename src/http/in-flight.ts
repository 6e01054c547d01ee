// How many requests are inside, as a metric: what an autoscaler looks at.
import { Gauge, type Registry } from 'prom-client';

/** @returns where the number is read from is said later, when there is a door to count at */
export const exposeInFlight = (registry: Registry): ((inside: () => number) => void) => {
  let read = (): number => 0;
  const gauge: Gauge = new Gauge({
    name: 'bourse_requests_in_flight',
    help: 'Requests admitted and not yet ended',
    registers: [registry],
    collect: (): void => gauge.set(read()),
  });
  return (inside) => {
    read = inside;
  };
};
