/** Tells somebody who relies on it from now on; durable things only. */
type Say = (text: string) => void;

/** Work on real files by our own code, and what must be true after a power cut at any moment. */
export interface Scenario {
  readonly name: string;
  /**
   * The work, a process for each part; one that ends itself by SIGKILL leaves the rest in the page
   * cache. Before a promise is taken back it says so.
   */
  readonly lives: readonly ((state: string, say: Say) => Promise<void>)[];
  /**
   * A fault for each life, which strace injects: `fdatasync:error=EIO:when=2`. None unless given.
   */
  readonly inject?: readonly (string | undefined)[];
  /**
   * Starts our code on what a cut left, and returns every promise that is broken. `said` are the
   * promises so far, the latest last.
   */
  check(state: string, said: readonly string[]): Promise<string[]>;
  /** Fates tried at each cut, at most; 64 unless given. */
  readonly mostFates?: number;
  /** Ends what the checks share. */
  close?(): Promise<void>;
}
