import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAdmission, type Ticket } from '../../../src/http/admission.ts';

describe('admission', () => {
  it('never lets in more than fits, and is empty once everyone has left', () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('enter' as const), bytes: fc.nat(60) }),
      fc.record({ does: fc.constant('leave' as const), who: fc.nat(9) }),
      fc.record({
        does: fc.constant('hold' as const),
        who: fc.nat(9),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const admission = createAdmission({ requestsInFlight: 5, bodyBytesInFlight: 100 });
        const inside: { ticket: Ticket; asked: number }[] = [];
        for (const one of steps) {
          if (one.does === 'enter') {
            const ticket = admission.enter(one.bytes);
            if (ticket) inside.push({ ticket, asked: one.bytes });
          } else {
            const held = inside[one.who];
            if (one.does === 'hold') held?.ticket.hold(Math.floor(one.share * held.asked));
            else held?.ticket.leave();
          }
          const { requests, bytes } = admission.inside();
          expect(requests).toBeLessThanOrEqual(5);
          expect(bytes).toBeLessThanOrEqual(100);
          expect(Math.min(requests, bytes)).toBeGreaterThanOrEqual(0);
        }
        for (const { ticket } of inside) ticket.leave();
        expect(admission.inside()).toEqual({ requests: 0, bytes: 0 });
      }),
    );
  });
});
