// Two hundred and fifty-six callers at once, round after round, on a hard cap of a dollar.
import { ask } from '../crash/load.ts';
import { end, head, whole } from '../support/truth-bill/acts.ts';
import { type Check, openStage } from './stage.ts';

const CALLERS = 256;
const MOST_ROUNDS = 20;
const CAP_NANO = 1_000_000_000;
const TOKENS = 1_000;
/** USD per million tokens: some two hundred answers to the dollar. */
const PRICE = [0.5, 4.5] as const;

export const capped = async (): Promise<readonly Check[]> => {
  await using stage = await openStage({
    scripts: { capped: () => [head(200), whole({ count: TOKENS }), end] },
    policy: { limits: { spend: '$1/month' } },
    price: PRICE,
  });
  const { serving, seller } = stage;
  let answered = 0;
  const odd: string[] = [];
  for (let round = 0, before = -1; before !== answered && round < MOST_ROUNDS; round += 1) {
    before = answered;
    // All with the same cap: what is set aside for one is what it costs, nearly.
    const heard = await Promise.all(
      Array.from(
        { length: CALLERS },
        () => ask({ url: serving.url, number: TOKENS, policy: 'capped', stream: false }).over,
      ),
    );
    answered += heard.filter(({ status }) => status === 200).length;
    for (const { status, body } of heard)
      if (status !== 200 && !body.includes('budget_exhausted')) odd.push(`${status} ${body.slice(0, 200)}`);
  }
  const billed = seller.calls.reduce((sum, call) => sum + Number(seller.bill(call)), 0);
  const [first] = seller.calls;
  const one = first ? Number(seller.bill(first)) : 0;
  return [
    {
      what: `${CALLERS} callers at once on a cap of $1: ${answered} answered, billed ${billed} n$, overshoot ${Math.max(0, billed - CAP_NANO)} n$`,
      findings: [
        ...(billed <= CAP_NANO ? [] : ['the cap did not hold']),
        // Two calls are set aside for a request that may be tried twice.
        ...(billed > CAP_NANO - 3 * one ? [] : [`it stopped ${CAP_NANO - billed} n$ short, one answer costs ${one}`]),
        ...odd,
      ],
    },
  ];
};
