// What a scenario is: a name, and a run that says what it saw and what of that is not as it must be.
export type Finding = {
  /** Figures, for the line that is printed. */
  readonly saw: string;
  /** Empty: it passed. */
  readonly wrong: readonly string[];
};

export type Scenario = { readonly name: string; readonly run: () => Promise<Finding> };

/** Collects what is wrong. */
export const createJudge = () => {
  const wrong: string[] = [];
  return {
    wrong,
    must: (holds: boolean, otherwise: string): void => {
      if (!holds) wrong.push(otherwise);
    },
  };
};

export const ms = (value: number | undefined): string =>
  value === undefined ? 'never' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
