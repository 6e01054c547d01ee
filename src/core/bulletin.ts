// How replicas tell one another what only one of them saw: a port of its own, because nothing on a request's path may wait for it.

export const TOPICS = ['alive', 'feed', 'offer', 'lesson', 'spent', 'key'] as const;
export type Topic = (typeof TOPICS)[number];

/** Plain JSON. Who reads it checks it: another version may have written it. */
export type Notice = { readonly topic: Topic; readonly body: unknown };

export type Heard = Notice & {
  /** The replica that posted it; never this one. */
  readonly from: string;
};

/** What was told and could not be delivered, or may have been missed. */
export type BulletinState = {
  readonly connected: boolean;
  /** Notices of ours that were given up because there were too many. */
  readonly lost: number;
  /** Waiting to be told. */
  readonly waiting: number;
};

export type BulletinEars = {
  /**
   * From here on whatever is posted is heard: what was pinned before it was posted must be read now, and need not be read again. Once at the
   * beginning, and again whenever hearing was interrupted.
   */
  readonly joined: () => void;
  readonly notice: (heard: Heard) => void;
  /** Some of what was posted was never heard here, or was posted before `joined`: what it said must be read elsewhere. */
  readonly missed: () => void;
};

/** Every implementation passes the contract suite in test/contract. */
export interface Bulletin {
  /** Never waits and never throws. Told in order, each once; kept and told later while the board cannot be reached. */
  post(notice: Notice): void;
  follow(ears: BulletinEars): void;
  /**
   * Keeps a value for replicas that come later, in place of the last of that name. Rejects while the board cannot be reached, and with
   * RangeError where the value is too large for it.
   */
  pin(name: string, value: string): Promise<void>;
  pinned(name: string): Promise<string | undefined>;
  readonly state: BulletinState;
  close(): Promise<void>;
}
