// Which words speak for which task or trait. Weights: 1 a hint, 2 nearly certain. Words are lower case; phrases are two or three of them.
import type { Task } from '../core/profile.ts';

/** What a question's words say about how hard it is, whatever its task. */
export const TRAITS = [
  'proof',
  'advanced',
  'design',
  'analysis',
  'diagnosis',
  'stakes',
  'constraint',
  'craft',
  'brevity',
  'smalltalk',
  'lookup',
] as const;
export type Trait = (typeof TRAITS)[number];

type Words = {
  /** Count extra where the question (or its last sentence) begins with them. */
  readonly opens?: string;
  readonly words?: string;
  readonly strong?: string;
  /** Separated by a bar. */
  readonly phrases?: string;
};

export const TASK_WORDS: Readonly<Record<Task, Words>> = {
  chat: {
    opens: 'who when where hi hello hey thanks danke hallo bonjour hola',
    words: 'parcel refund delivery account password subscription booking invoice opening recommend favourite favorite',
    phrases: 'my order|my account|how are you|thank you|good morning|capital of|who is|who was|cancel my|wo ist',
  },
  code: {
    opens: 'implement refactor debug code program',
    words: `function code class method api endpoint array loop variable string null undefined compile compiler bug script
      query database thread async callback commit branch container deploy server package module import
      test tests mutex regex crash segfault programm fonction código codice funktion stack parser cli algorithm linter`,
    strong: `python javascript typescript java kotlin rust golang c++ c# php ruby bash sql css html react django nodejs
      traceback stacktrace typeerror npm git docker kubernetes postgres pytest unittest dataframe pandas useeffect regexp`,
    phrases: `stack trace|unit test|unit tests|pull request|a function|function that|sql query|race condition|memory leak|
      binary search tree|linked list|time complexity|command line|code review|write code|regular expression|a script|
      eine funktion|une fonction|una función`,
  },
  math: {
    opens: 'prove solve calculate compute simplify evaluate differentiate integrate derive beweise démontre calcule',
    words: `equation sum probability triangle circle percent percentage average fraction digits integer integers divisible angle area
      radius speed distance interest remainder multiple coordinates vertices dice median product gleichung équation
      converges continuous irrational markov ergodic stochastic variance covariance bayes martingale combinatorics`,
    strong: `theorem lemma proof prove integral derivative polynomial eigenvalue eigenvalues matrix determinant primes prime factorial
      algebra geometry calculus logarithm modulo hypotenuse bijection homomorphism x^2 quadratic beweis preuve`,
    phrases: `how many|square root|infinitely many|solve for|real numbers|positive integers|derivative of|per hour|how much|
      rational number|is divisible|what percentage`,
  },
  extract: {
    opens: 'extract classify categorize categorise identify tag label parse list find extrahiere extrais extrae',
    words: `fields entities sentiment category categories mentioned keywords csv json label labels columns spam positive negative dates
      names emails`,
    strong: 'extract extrahiere extrais extrae classify',
    phrases: `from the following|all the names|named entities|into json|as json|following text|list all|find all|this review|
      this email|all dates|is this|mentioned in|which category|belong to|belongs to|out of this`,
  },
  summarize: {
    opens: 'summarize summarise condense recap tldr résume resume resumir zusammenfassen fasse riassumi',
    words: 'recap takeaways shorten condense gist abstract minutes',
    strong: `summarize summarise summary summaries tldr zusammenfassung zusammenfassen zusammen résumé résumer résume resumen
      resumir riassunto`,
    phrases: 'key points|main points|in one sentence|in brief|tl dr|bullet points|main ideas|action items',
  },
  translate: {
    opens: 'translate übersetze traduis traduce traduci übersetz',
    strong:
      'translate translation translated übersetze übersetzen übersetzung traduis traduire traduction traduce traducir traduci',
    phrases: `into english|into german|into french|into spanish|into italian|into portuguese|into chinese|into japanese|into korean|
      into russian|into arabic|into dutch|to english|to german|to french|to spanish|to italian|to japanese|to chinese|
      in french|in german|in spanish|in japanese|in italian|ins deutsche|ins englische|auf deutsch|auf englisch|en anglais|
      en français|al inglés|al español|do you say|how to say`,
  },
  write: {
    opens: 'write draft compose rewrite rephrase paraphrase brainstorm schreibe verfasse écris rédige escribe redacta',
    words: `tone audience paragraph words headline caption tweet post linkedin newsletter announcement creative title
      rhyme greeting`,
    strong: `poem story essay blog haiku lyrics letter email slogan limerick speech novel screenplay sonnet gedicht poème
      poema tagline rewrite rephrase paraphrase toast`,
    phrases:
      'cover letter|blog post|short story|product description|more formal|an email|a letter|sound more|make this|this sentence',
  },
  reason: {
    opens:
      'explain compare analyze analyse evaluate why plan design should deduce decide argue erkläre vergleiche warum explique compare pourquoi explica',
    words: `why because therefore tradeoffs implications strategy argue argument assumptions consequences conclude logically
      evidence hypothesis decide causes impact policy economic ethical puzzle riddle deduce infer premises architecture lies truth liar`,
    phrases: `trade offs|pros and cons|step by step|what would happen|must be true|which of the|the following statements|
      should we|best approach|root cause|how does|how do|difference between|if all|long term|what if|of the following|
      knights and|who lies|older than|taller than|younger than|faster than|left of|work out why`,
  },
  agent: {
    words: 'browse click navigate',
    phrases:
      'run the tests|open the file|search the web|use the tool|the repository|this repo|edit the file|book a|send a message',
  },
};

export const TRAIT_WORDS: Readonly<Record<Trait, Words>> = {
  proof: {
    words:
      'prove proof disprove theorem lemma rigorously derive derivation beweise beweis démontre démontrer demuestra',
    phrases: 'show that|if and only|counter example',
  },
  advanced: {
    words: `eigenvalue eigenvalues polynomial integral stochastic manifold topology homomorphism asymptotic convex quantum entropy
      thermodynamics relativity electromagnetic genome enzyme kinetics jurisdiction liability econometric bayesian gradient
      backpropagation transformer compiler kernel concurrency concurrent deadlock mutex distributed consensus raft paxos lock-free
      cryptography cryptographic np-hard nondeterministic monad sharding linearizable linearizability idempotent backpressure
      combinatorial diophantine combinatorics differential fourier hilbert perturbation equilibrium topological modular
      martingale brownian isomorphism determinant covariance converges riemann`,
    phrases: `race condition|memory leak|lock free|differential equation|differential equations|distributed system|dynamic programming|
      use after|game theory|general relativity|partial derivative|group theory|exactly once|rate limiter|lower bound|upper bound`,
  },
  design: {
    words: `design architect architecture optimize optimise refactor migrate scalable strategy roadmap implement plan novel
      trade-off trade-offs tradeoffs invent formulate`,
    phrases: 'from scratch|end to end|production ready|trade offs|without downtime|high availability|zero downtime',
  },
  analysis: {
    words: `why explain compare contrast analyze analyse evaluate critique assess argue justify interpret implications deduce infer
      causes erkläre vergleiche explique`,
    phrases: 'how does|how do|difference between|pros and|step by|what would|root cause|must be true|what if',
  },
  diagnosis: {
    words: `debug bug crash crashes fails failing error exception traceback segfault intermittent intermittently flaky hangs
      leak undefined wrong broken timeout deadlock`,
    phrases: 'stack trace|does not work|not working|memory leak',
  },
  stakes: {
    words: `diagnosis dosage symptoms contract clause lawsuit tax liability compliance gdpr mortgage clinical patient plaintiff
      statute pension`,
    phrases: 'legal advice|side effects',
  },
  constraint: {
    words: `must exactly without only both each every keep constraint constraints ensure requirements required unless except avoid strictly
      efficient optimal thread-safe least`,
    phrases:
      'at most|at least|no more|such that|given that|subject to|as well|in detail|time complexity|do not|so that|make sure|instead of',
  },
  craft: {
    words: `rhyme rhymes metre meter pun puns irony ironic satire sonnet villanelle idiom idioms nuance nuanced subtext ambiguity tone
      voice register polite wordplay metaphor`,
    phrases: 'between the lines|word play',
  },
  brevity: {
    words: 'briefly simple quick quickly short',
    phrases: 'one word|one sentence|yes or no|in short|in brief|just the|only the answer',
  },
  smalltalk: {
    words: 'hi hello hey thanks bye hallo danke bonjour merci hola gracias joke',
    phrases: 'thank you|how are you|good morning|good evening|tell me a|no problem',
  },
  lookup: {
    words: 'who where when capital define definition meaning synonym weather parcel hours wo quand',
    phrases: 'what is|what are|who is|who was|what does|when did|capital of|how old|wo ist|what time|how tall',
  },
};

export type { Words };
