import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { bytesOf, type Call, fileOf } from './calls.ts';
import type { Change, History, Inode, Renaming, Said } from './history.ts';

/** Where the next write without an offset goes. */
interface Position {
  readonly inode: Inode;
  readonly appends: boolean;
  at: number;
}

/**
 * Understands system calls as changes of the files below a folder. A call that it does not know and
 * that names one of them is an error.
 */
export class Recorder {
  readonly #root: Inode;
  readonly #rootPath: string;
  readonly #saidPath: string;
  readonly #inodes: Inode[] = [];
  readonly #changes: Change[] = [];
  readonly #renamings: Renaming[] = [];
  readonly #said: Said[] = [];
  readonly #names = new Map<Inode, Map<string, Inode>>();
  readonly #sizes = new Map<Inode, number>();
  readonly #positions = new Map<number, Position>();
  #ticks = 0;

  /** `root` is as it is before the first call; what is written to `said` are promises. */
  constructor(root: string, said: string) {
    this.#rootPath = root;
    this.#saidPath = said;
    this.#root = this.#adopt(root, null);
  }

  /** Takes the calls of one process, after those of earlier ones. */
  take(calls: readonly Call[]): void {
    this.#positions.clear();
    const first = this.#ticks;
    for (const call of calls.toSorted((a, b) => a.end - b.end)) {
      this.#hear({ ...call, begin: first + call.begin, end: first + call.end });
      this.#ticks = Math.max(this.#ticks, first + call.end + 1);
    }
  }

  get history(): History {
    return {
      root: this.#root,
      inodes: this.#inodes,
      changes: this.#changes,
      renamings: this.#renamings,
      said: this.#said,
    };
  }

  #hear(call: Call): void {
    if (call.error !== null) {
      if (call.error === 'EIO' && ['fsync', 'fdatasync'].includes(call.name)) this.#synced(call, true);
      return;
    }
    const [first = '', second = '', third = '', fourth = ''] = call.args;
    const position = this.#positions.get(fileOf(first).fd);
    const handlers: Readonly<Record<string, () => void>> = {
      open: () => this.#opened(call, pathOf(first), second),
      creat: () => this.#opened(call, pathOf(first), 'O_CREAT|O_TRUNC'),
      openat: () => this.#opened(call, pathOf(second, first), third),
      close: () => this.#positions.delete(fileOf(first).fd),
      dup: () => this.#duplicated(call),
      dup2: () => this.#duplicated(call),
      dup3: () => this.#duplicated(call),
      lseek: () => position !== undefined && Object.assign(position, { at: call.result }),
      write: () => this.#wrote(call, null),
      writev: () => this.#wrote(call, null),
      pwrite64: () => this.#wrote(call, Number(fourth)),
      pwritev: () => this.#wrote(call, Number(fourth)),
      pwritev2: () => this.#wrote(call, Number(fourth)),
      truncate: () => this.#resized(call, this.#at(pathOf(first)), Number(second)),
      ftruncate: () => this.#resized(call, this.#at(fileOf(first).path), Number(second)),
      fallocate: () => this.#allocated(call, second, Number(third), Number(fourth)),
      fsync: () => this.#synced(call, false),
      fdatasync: () => this.#synced(call, false),
      mkdir: () => this.#made(call, pathOf(first), 'folder'),
      mkdirat: () => this.#made(call, pathOf(second, first), 'folder'),
      unlink: () => this.#renamed(call, pathOf(first), null),
      rmdir: () => this.#renamed(call, pathOf(first), null),
      unlinkat: () => this.#renamed(call, pathOf(second, first), null),
      rename: () => this.#renamed(call, pathOf(first), pathOf(second)),
      renameat: () => this.#renamed(call, pathOf(second, first), pathOf(fourth, third)),
      renameat2: () => this.#renamed(call, pathOf(second, first), pathOf(fourth, third)),
      link: () => this.#linked(call, pathOf(first), pathOf(second)),
      linkat: () => this.#linked(call, pathOf(second, first), pathOf(fourth, third)),
    };
    (handlers[call.name] ?? (() => this.#mustBeForeign(call)))();
  }

  /** Throws where a call that is not understood names one of our files. */
  #mustBeForeign({ name, args }: Call): void {
    const paths = args.map((arg) => (/^\d+</.test(arg) ? fileOf(arg).path : pathOf(arg)));
    if (paths.some((path) => this.#isOurs(path)))
      throw new Error(`The recorder does not understand ${name} of ${paths.join(' ')}.`);
  }

  /** A child may get a folder so; what it writes to goes by its path. */
  #duplicated({ args, result }: Call): void {
    const position = this.#positions.get(fileOf(args[0] ?? '').fd);
    if (position?.inode.kind === 'file') this.#positions.set(result, position);
  }

  #opened(call: Call, path: string, flags: string): void {
    if (!this.#isOurs(path)) return;
    if (this.#at(path) === null) {
      if (!flags.includes('O_CREAT')) throw new Error(`${path} was opened, and the recorder has not seen it made.`);
      this.#made(call, path, 'file');
    }
    const inode = this.#at(path) as Inode;
    if (inode.kind === 'file' && flags.includes('O_TRUNC') && this.#sizeOf(inode) > 0) this.#resized(call, inode, 0);
    this.#positions.set(call.result, { inode, appends: flags.includes('O_APPEND'), at: 0 });
  }

  #wrote(call: Call, at: number | null): void {
    const { fd, path } = fileOf(call.args[0] ?? '');
    const bytes = (): Buffer => bytesOf(call.args[1] ?? '').subarray(0, call.result);
    if (path === this.#saidPath) {
      for (const text of bytes().toString().split('\n').slice(0, -1)) this.#said.push({ at: call.end, text });
      return;
    }
    const inode = this.#isOurs(path) ? this.#at(path) : null;
    if (inode === null) return;
    const position = this.#positions.get(fd);
    if (at === null && position?.inode !== inode) throw new Error(`The recorder does not know where a write to ${path} went.`);
    const before = this.#sizeOf(inode);
    const offset = at !== null && position?.appends !== true ? at : position?.appends === true ? before : (position?.at ?? 0);
    if (at === null && position !== undefined) position.at = offset + call.result;
    this.#change(call, inode, { offset, length: call.result, bytes: bytes(), after: Math.max(before, offset + call.result) });
  }

  #resized(call: Call, inode: Inode | null, after: number): void {
    if (inode === null) return;
    const before = this.#sizeOf(inode);
    if (before === after) return;
    this.#change(call, inode, { offset: after, length: Math.max(0, before - after), bytes: null, after });
  }

  #allocated(call: Call, mode: string, offset: number, length: number): void {
    const inode = this.#at(fileOf(call.args[0] ?? '').path);
    if (inode === null) return;
    const before = this.#sizeOf(inode);
    const after = mode.includes('KEEP_SIZE') ? before : Math.max(before, offset + length);
    const zeroed = /PUNCH_HOLE|ZERO_RANGE/.test(mode) ? Math.max(0, Math.min(length, after - offset)) : 0;
    this.#change(call, inode, { offset, length: zeroed, bytes: null, after });
  }

  #change(call: Call, inode: Inode, what: { offset: number; length: number; bytes: Buffer | null; after: number }): void {
    const { begin, end } = call;
    const { offset, length, bytes, after } = what;
    const change: Change = { kind: 'bytes', inode, begin, end, offset, length, bytes, sizes: [this.#sizeOf(inode), after] };
    inode.changes.push(change);
    this.#changes.push(change);
    this.#sizes.set(inode, after);
  }

  #synced(call: Call, failed: boolean): void {
    const inode = this.#at(fileOf(call.args[0] ?? '').path);
    inode?.syncs.push({ begin: call.begin, end: call.end, failed });
  }

  #made(call: Call, path: string, kind: Inode['kind']): void {
    if (!this.#isOurs(path)) return;
    this.#name(call, this.#folderOf(path), [[basename(path), this.#inode(kind, Buffer.alloc(0))]]);
  }

  #linked(call: Call, from: string, to: string): void {
    if (this.#isOurs(to)) this.#name(call, this.#folderOf(to), [[basename(to), this.#at(from)]]);
  }

  /** A name goes, or becomes another one. */
  #renamed(call: Call, from: string, to: string | null): void {
    if (!this.#isOurs(from) && (to === null || !this.#isOurs(to))) return;
    const folder = this.#folderOf(from);
    const inode = this.#at(from);
    const gone = [basename(from), null] as const;
    if (to === null) return void this.#name(call, folder, [gone]);
    const other = this.#folderOf(to);
    if (other === folder) return void this.#name(call, folder, [gone, [basename(to), inode]]);
    const added = this.#name(call, other, [[basename(to), inode]]);
    this.#name(call, folder, [gone], added);
  }

  #name(
    { begin, end }: Call,
    folder: Inode,
    names: readonly (readonly [string, Inode | null])[],
    needs: Renaming | null = null,
  ): Renaming {
    const renaming: Renaming = { kind: 'names', folder, begin, end, names: new Map(names), needs };
    this.#renamings.push(renaming);
    const now = this.#names.get(folder) ?? new Map<string, Inode>();
    this.#names.set(folder, now);
    for (const [name, inode] of names) {
      if (inode === null) now.delete(name);
      else now.set(name, inode);
    }
    return renaming;
  }

  /** What was there before anything was recorded; its names are in no renaming that can be lost. */
  #adopt(path: string, entry: { isDirectory(): boolean } | null): Inode {
    if (entry !== null && !entry.isDirectory()) return this.#inode('file', readFileSync(path));
    const folder = this.#inode('folder', Buffer.alloc(0));
    for (const below of readdirSync(path, { withFileTypes: true })) {
      // A socket is no file: a power cut leaves none that anybody listens on.
      if (!below.isDirectory() && !below.isFile()) continue;
      this.#name({ begin: -2, end: -2 } as Call, folder, [[below.name, this.#adopt(join(path, below.name), below)]]);
    }
    folder.syncs.push({ begin: -1, end: -1, failed: false });
    return folder;
  }

  #inode(kind: Inode['kind'], initial: Buffer): Inode {
    const inode: Inode = { number: this.#inodes.length, kind, changes: [], syncs: [], initial };
    this.#inodes.push(inode);
    this.#sizes.set(inode, initial.length);
    return inode;
  }

  #sizeOf(inode: Inode): number {
    return this.#sizes.get(inode) ?? 0;
  }

  #isOurs(path: string): boolean {
    return path === this.#rootPath || path.startsWith(`${this.#rootPath}/`);
  }

  #folderOf(path: string): Inode {
    const folder = this.#at(dirname(path));
    if (folder === null) throw new Error(`The recorder has not seen the folder of ${path} made.`);
    return folder;
  }

  /** What has a path now; null for nothing, and for what is not below the root. */
  #at(path: string): Inode | null {
    if (!this.#isOurs(path)) return null;
    let inode: Inode | undefined = this.#root;
    for (const part of path
      .slice(this.#rootPath.length)
      .split('/')
      .filter((name) => name !== ''))
      inode = inode === undefined ? undefined : this.#names.get(inode)?.get(part);
    return inode ?? null;
  }
}

/** The path of a string argument; it may be relative to the folder of another one. */
function pathOf(argument: string, folder = ''): string {
  return resolve(folder === '' ? '/' : fileOf(folder).path, bytesOf(argument).toString());
}
