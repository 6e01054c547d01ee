// The simple routers share everything with the product but what they believe of quality: same quotes, same pacing, same decision.
import { createProduct, freshBeliefs, teach } from '../../src/app/replay/product.ts';
import type { Prompt } from '../../src/app/replay/dataset.ts';
import type { Asked, CreateRouter, Router, RouterWorld } from '../../src/app/replay/router.ts';
import type { Estimate } from '../../src/core/decision.ts';
import type { Exploration } from '../../src/core/policy.ts';
import type { Beliefs } from '../../src/learn/beliefs.ts';

/** A way of guessing quality; models by column. */
export type Guess = {
  /** Mean and standard deviation of the mean. */
  quality(model: number, prompt: Prompt): Estimate;
  learn(model: number, prompt: Prompt, reward: number): void;
};

/** What is learned of answers' lengths stays the product's: prices are no baseline's own. */
const beliefsOf = (guess: Guess, { dataset }: RouterWorld, promptOf: () => Prompt | undefined): Beliefs => {
  const lengths = freshBeliefs(dataset);
  const columns = new Map<string, number>(dataset.sellers.map(({ offer }, column) => [offer.model, column]));
  const standing: Beliefs['standing'] = ({ model }) => {
    const prompt = promptOf();
    return prompt ? guess.quality(columns.get(model) ?? 0, prompt) : { mean: 0.5, sd: 0 };
  };
  return {
    ...lengths,
    quality: standing,
    standing,
    learn: ({ reward, ...lesson }) => {
      lengths.learn(lesson);
      const prompt = promptOf();
      if (reward !== undefined && prompt) guess.learn(columns.get(lesson.model) ?? 0, prompt, reward);
    },
  };
};

/** @param explore in place of the policy's own terms */
export const guessing =
  (createGuess: (world: RouterWorld) => Guess, explore?: Exploration): CreateRouter =>
  (world) => {
    let current: Prompt | undefined;
    const guess = createGuess(world);
    const beliefs = beliefsOf(guess, world, () => current);
    const product = createProduct({ ...world, beliefs });
    const about = <Result>(prompt: Prompt, work: () => Result): Result => {
      current = prompt;
      return work();
    };
    const withTerms = (asked: Asked): Asked => (explore ? { ...asked, plan: { ...asked.plan, explore } } : asked);
    const router: Router = {
      decide: (asked, believed) => about(asked.prompt, () => product.decide(withTerms(asked), believed)),
      settle: (asked, answer) => about(asked.prompt, () => product.settle(withTerms(asked), answer)),
      teach: (labelled) => about(labelled.prompt, () => teach(beliefs, world.dataset, labelled)),
    };
    return router;
  };
