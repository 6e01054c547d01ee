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

/** Every implementation passes the contract suite in test/contract. */
export interface Bulletin {
  /** Never waits and never throws. Told in order, each once; kept and told later while the board cannot be reached. */
  post(notice: Notice): void;
  /** Hears what others post from now on. `missed`: some of what this replica posted before is gone, and what it says must be read elsewhere. */
  follow(hear: { readonly notice: (heard: Heard) => void; readonly missed: (replica: string) => void }): void;
  /** Keeps a value for replicas that come later, in place of the last of that name. Rejects while the board cannot be reached. */
  pin(name: string, value: string): Promise<void>;
  pinned(name: string): Promise<string | undefined>;
  readonly state: BulletinState;
  close(): Promise<void>;
}
