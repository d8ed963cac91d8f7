/** A file or a folder, whatever names it has. */
export interface Inode {
  readonly number: number;
  readonly kind: 'file' | 'folder';
  /** Changes of a file's bytes and length, in the order in which they ended. */
  readonly changes: Change[];
  readonly syncs: Sync[];
  /** The bytes of a file that was there, durable, before anything was recorded. */
  readonly initial: Buffer;
}

/** One change of a file's bytes or length. */
export interface Change {
  readonly kind: 'bytes';
  readonly inode: Inode;
  readonly begin: number;
  readonly end: number;
  readonly offset: number;
  readonly length: number;
  /** Null for zeros: a punched hole, or what a shorter length cuts off. */
  readonly bytes: Buffer | null;
  /** The length of the file before and after. */
  readonly sizes: readonly [before: number, after: number];
}

/** Names of one folder that change together: a rename changes two. */
export interface Renaming {
  readonly kind: 'names';
  readonly folder: Inode;
  readonly begin: number;
  readonly end: number;
  readonly names: ReadonlyMap<string, Inode | null>;
  /**
   * The new name, in another folder, of what lost its name here. No disk loses both by itself; a
   * sync of this folder alone makes only the loss durable.
   */
  readonly needs: Renaming | null;
}

/** A finished fsync or fdatasync. `failed`: what it should have made durable never becomes so. */
interface Sync {
  readonly begin: number;
  readonly end: number;
  readonly failed: boolean;
}

/** What a process told somebody who relies on it, and when. */
export interface Said {
  readonly at: number;
  readonly text: string;
}

/** Everything that happened below one folder. */
export interface History {
  readonly root: Inode;
  readonly inodes: readonly Inode[];
  readonly changes: readonly Change[];
  readonly renamings: readonly Renaming[];
  readonly said: readonly Said[];
}
