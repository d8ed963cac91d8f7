import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BlockSource, Extent } from '../../../../shared/disk/block-source.ts';
import { serveImage } from '../../../../shared/nbd/qemu-nbd.ts';
import { hasQemu } from '../../../support/qemu.ts';
import { aFolder } from './an-nbd-server.ts';

const soon = (): AbortSignal => AbortSignal.timeout(20_000);
const mib = 1024 * 1024;
const raw = Buffer.concat([randomBytes(mib), Buffer.alloc(4 * mib), randomBytes(mib), Buffer.alloc(2 * mib), randomBytes(512)]);

/** Writes the disk as an image of the given format. */
async function anImage(folder: string, format = 'qcow2'): Promise<string> {
  await writeFile(join(folder, 'raw'), raw);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', format, join(folder, 'raw'), join(folder, 'image')]);
  return join(folder, 'image');
}

async function served(folder: string, format = 'qcow2'): Promise<BlockSource> {
  const source = await serveImage(await anImage(folder, format), format, soon());
  onTestFinished(() => source.close());
  return source;
}

/** The processes that serve an image. */
async function serversOf(image: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith('qemu-nbd') && line.includes(`"${image}"`)) found.push(Number(pid));
  }
  return found;
}

describe.skipIf(!hasQemu())('an image that qemu-nbd serves (needs qemu-utils)', () => {
  test.each(['qcow2', 'vmdk', 'vdi', 'vhdx'])('is read as the guest sees it: %s', async (format) => {
    const source = await served(await aFolder(), format);
    expect((await source.read(0, raw.length)).equals(raw)).toBe(true);
    expect((await source.read(mib - 3, 9)).equals(raw.subarray(mib - 3, mib + 6))).toBe(true);
  });

  test('tells which of its bytes are zeros', async () => {
    const source = await served(await aFolder());
    const extents: Extent[] = [];
    for await (const extent of source.extents?.(soon()) ?? []) extents.push(extent);
    expect(extents.map(({ zero }) => zero)).toEqual([false, true, false, true, false]);
    expect(extents[1]).toEqual({ offset: mib, length: 4 * mib, zero: true });
    expect(extents.reduce((sum, { length }) => sum + length, 0)).toBe(source.size);
  });

  test('is read by many at once, worker threads among them', async () => {
    const source = await served(await aFolder());
    const { origin } = source;
    if (origin?.kind !== 'nbd') throw new Error('it tells where it is served');
    const script = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { NbdClient } = await import(workerData.module);
      const client = await NbdClient.connect(workerData.socket, '', AbortSignal.timeout(10_000));
      const shared = Buffer.from(workerData.shared);
      await client.read(0, shared.length, shared);
      await client.close();
      parentPort.postMessage('read');`;
    const shared = new SharedArrayBuffer(raw.length);
    const module = new URL('../../../../shared/nbd/client.ts', import.meta.url).href;
    const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const worker = new Worker(url, { workerData: { module, socket: origin.socket, shared } });
    const [[said], ...reads] = await Promise.all([
      once(worker, 'message'),
      ...Array.from({ length: 100 }, (_, index) => source.read(index * 1000, 5000)),
    ]);
    expect(said).toBe('read');
    expect(Buffer.from(shared).equals(raw)).toBe(true);
    expect(reads.every((bytes, index) => bytes.equals(raw.subarray(index * 1000, index * 1000 + 5000)))).toBe(true);
    await worker.terminate();
  });

  test('leaves no process and no socket when it is closed', async () => {
    const folder = await aFolder();
    const source = await served(folder);
    expect(await serversOf(join(folder, 'image'))).toHaveLength(1);
    await source.close();
    expect(await serversOf(join(folder, 'image'))).toEqual([]);
    expect(await readdir(folder)).not.toContain('image.nbd');
  });

  test('says with a code that its server died', async () => {
    const folder = await aFolder();
    const source = await served(folder);
    const [pid] = await serversOf(join(folder, 'image'));
    if (pid === undefined) throw new Error('no server runs');
    process.kill(pid, 'SIGKILL');
    await expect(source.read(0, raw.length)).rejects.toMatchObject({
      code: 'E_NBD',
      message: expect.stringContaining('SIGKILL'),
    });
  });

  test('is opened as soon as its server listens, though the socket is there before', async () => {
    const folder = await aFolder();
    const tools = await aFolder();
    const image = await anImage(folder);
    const absolute = (tool: string): string => spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim();
    // A killed server leaves a socket that refuses connections, as one does between bind and
    // listen.
    const bind = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
    const wrapper = `#!/bin/sh
      for each in "$@"; do case $each in --socket=*) socket=\${each#--socket=};; esac; done
      ${process.execPath} -e '${bind}' "$socket.killed"
      ${absolute('mv')} "$socket.killed" "$socket"
      ${absolute('sleep')} 0.5
      ${absolute('rm')} "$socket"
      exec ${absolute('qemu-nbd')} "$@"`;
    await writeFile(join(tools, 'qemu-nbd'), wrapper, { mode: 0o755 });
    const module = join(import.meta.dirname, '../../../../shared/nbd/qemu-nbd.ts');
    const script = `
      const { serveImage } = await import(${JSON.stringify(module)});
      const source = await serveImage(${JSON.stringify(image)}, 'qcow2', AbortSignal.timeout(10_000));
      console.log(source.size);
      await source.close();`;
    const args = ['--input-type=module', '-e', script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: tools } });
    expect([stderr, stdout.trim()]).toEqual(['', `${raw.length}`]);
  });

  test('says with a code that it is damaged', async () => {
    const folder = await aFolder();
    await writeFile(join(folder, 'image'), randomBytes(100_000));
    const opened = serveImage(join(folder, 'image'), 'qcow2', soon());
    await expect(opened).rejects.toMatchObject({ code: 'E_NBD', message: expect.stringContaining('not in qcow2 format') });
    expect(await readdir(folder)).not.toContain('image.nbd');
  });

  test.each([
    ['by the kernel', ['setpriv', 'prlimit']],
    ['by the end of its last connection, where setpriv is missing', []],
  ])('is not served on when the daemon is killed, and what it left is no hindrance to the next: %s', async (_, wrappers) => {
    const folder = await aFolder();
    const tools = await aFolder();
    for (const tool of ['qemu-nbd', 'true', ...wrappers]) {
      const { stdout } = spawnSync('which', [tool], { encoding: 'utf8' });
      await symlink(stdout.trim(), join(tools, tool));
    }
    const image = await anImage(folder);
    const module = join(import.meta.dirname, '../../../../shared/nbd/qemu-nbd.ts');
    const script = `
      const { serveImage } = await import(${JSON.stringify(module)});
      await serveImage(${JSON.stringify(image)}, 'qcow2', AbortSignal.timeout(10_000));
      console.log('serving');
      setInterval(() => undefined, 1000);`;
    const args = ['--input-type=module', '-e', script];
    const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: tools } });
    onTestFinished(() => void daemon.kill('SIGKILL'));
    await once(daemon.stdout, 'data');
    expect(await serversOf(image)).toHaveLength(1);
    daemon.kill('SIGKILL');
    await expect.poll(() => serversOf(image), { timeout: 5_000 }).toEqual([]);
    await rm(`${image}.nbd`, { force: true });
    await writeFile(`${image}.nbd`, 'what a server that was killed may leave');
    const source = await serveImage(image, 'qcow2', soon());
    onTestFinished(() => source.close());
    expect((await source.read(0, raw.length)).equals(raw)).toBe(true);
  });
});
