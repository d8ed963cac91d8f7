import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdState, stateHolder } from '../../../shared/lock.ts';
import { Endings } from '../../support/endings.ts';
import { canMount, fillDisk, mountTmpfs } from '../../support/tmpfs.ts';

let home: string;
let children: ChildProcess[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'godwit-lock-'));
  children = [];
});

afterEach(async () => {
  // A holder that is still dying holds on, and the next test's directory may get the inode of this
  // one.
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  await rm(home, { recursive: true, force: true });
});

const separate = ['unshare', '--user', '--map-root-user', '--net'];
const canSeparate = spawnSync(separate[0] ?? '', [...separate.slice(1), 'true']).status === 0;
const why = canSeparate ? '' : ' (skipped: this machine makes no network namespaces)';

/** Another process that holds a directory until it is killed, begun by another program. */
async function aHolder(dir: string, by: readonly string[] = []): Promise<ChildProcess> {
  const lock = join(import.meta.dirname, '../../../shared/lock.ts');
  const code = `import { holdState } from ${JSON.stringify(lock)}; await holdState(${JSON.stringify(dir)}); console.log('held'); setInterval(() => {}, 1000);`;
  const words = [...by, process.execPath, '--input-type=module', '--eval', code];
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('a second daemon on the same state directory is refused, and told the pid of the first', async () => {
  const holder = await aHolder(join(home, 'state'));
  await expect(holdState(join(home, 'state'))).rejects.toMatchObject({
    code: 'E_STATE_LOCKED',
    exit: 3,
    message: expect.stringContaining(`process ${holder.pid}`),
  });
  expect(await stateHolder(join(home, 'state'))).toBe(holder.pid);
});

test('another path to the same directory is the same hold', async () => {
  const release = await holdState(join(home, 'state'));
  await symlink(join(home, 'state'), join(home, 'link'));
  await expect(holdState(join(home, 'link'))).rejects.toMatchObject({ code: 'E_STATE_LOCKED' });
  await release();
});

test('a daemon killed with -9 leaves nothing behind that keeps the next one out', async () => {
  const holder = await aHolder(home);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const release = await holdState(home);
  await release();
});

test('a released directory can be held again, and has no holder meanwhile', async () => {
  await (await holdState(home))();
  expect(await stateHolder(home)).toBeUndefined();
  await (await holdState(home))();
});

test('two directories are two holds', async () => {
  const releases = [await holdState(join(home, 'a')), await holdState(join(home, 'b'))];
  for (const release of releases) await release();
});

test.skipIf(!canSeparate)(`two daemons in two network namespaces are two daemons on one directory${why}`, async () => {
  await aHolder(join(home, 'state'), separate);
  await expect(holdState(join(home, 'state'))).rejects.toMatchObject({ code: 'E_STATE_LOCKED' });
  expect(await stateHolder(join(home, 'state'))).toBeGreaterThan(0);
});

test('an abstract socket with the name of the directory keeps no daemon out', async () => {
  const { dev, ino } = await stat(home, { bigint: true });
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen({ path: `\0godwit-state-${dev}-${ino}` }, resolve));
  try {
    await (await holdState(home))();
  } finally {
    squatter.close();
  }
});

test('a question about the holder makes no file, and does not keep a daemon out', async () => {
  expect(await stateHolder(home)).toBeUndefined();
  expect(await readdir(home)).toEqual([]);
  const release = await holdState(home);
  await release();
  const asking = Promise.all(Array.from({ length: 200 }, () => stateHolder(home)));
  await (await holdState(home))();
  await asking;
});

test.each([0o777, 0o770])('a state directory of mode %o, to which others may write, is held by nobody', async (mode) => {
  const dir = join(home, 'state');
  await mkdir(dir);
  await chmod(dir, mode);
  await expect(holdState(dir)).rejects.toMatchObject({
    code: 'E_STATE_DAMAGED',
    message: expect.stringContaining('Other users may write'),
    hint: expect.stringContaining('chmod 700'),
  });
  await chmod(dir, 0o755);
  await (await holdState(dir))();
});

test('a state directory that cannot be made, or whose lock is no file, is no defect of ours', async () => {
  await writeFile(join(home, 'file'), '');
  await expect(holdState(join(home, 'file', 'state'))).rejects.toMatchObject({ code: 'E_STATE_DAMAGED', exit: 3 });
  await mkdir(join(home, 'state', 'lock'), { recursive: true });
  await expect(holdState(join(home, 'state'))).rejects.toMatchObject({ code: 'E_STATE_DAMAGED', exit: 3 });
});

test.skipIf(!canMount())(
  'a daemon holds its state directory although the disk is full to the last byte (needs root for a tmpfs)',
  async () => {
    const endings = new Endings();
    try {
      const dir = join(home, 'state');
      await mountTmpfs(dir, 1, endings);
      await (await holdState(dir))();
      await fillDisk(dir);
      const release = await holdState(dir);
      await expect(holdState(dir)).rejects.toMatchObject({ code: 'E_STATE_LOCKED' });
      await release();
    } finally {
      await endings.run();
    }
  },
);
