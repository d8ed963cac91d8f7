import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasQemu } from '../../support/qemu.ts';
import { copyQcow2 } from '../../twin/qcow2.ts';
import { aFolder } from './a-twin.ts';

const raw = Buffer.concat([
  Buffer.alloc(300_000, 'text that packs well '),
  Buffer.alloc(3_000_000),
  randomBytes(200_000),
  Buffer.alloc(512),
]);
const disk = Buffer.concat([raw, Buffer.alloc(512 - (raw.length % 512))]);

describe.skipIf(!hasQemu())('the twin’s reader of qcow2 (needs qemu-img)', () => {
  test.each([
    ['as qemu-img makes it', []],
    ['of version 2', ['-o', 'compat=0.10']],
    ['with compressed clusters', ['-c']],
    ['with small clusters', ['-o', 'cluster_size=4k']],
    ['with compressed small clusters', ['-c', '-o', 'cluster_size=512']],
    ['with large clusters', ['-c', '-o', 'cluster_size=2M']],
  ])('writes what a guest sees of one %s', async (_, options) => {
    const folder = await aFolder();
    await writeFile(join(folder, 'raw'), disk);
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, 'raw', 'qcow2'], { cwd: folder });
    await copyQcow2(join(folder, 'qcow2'), join(folder, 'seen'), 0, AbortSignal.timeout(10_000));
    expect((await readFile(join(folder, 'seen'))).equals(disk)).toBe(true);
    await copyQcow2(join(folder, 'qcow2'), join(folder, 'seen'), 8_000_000, AbortSignal.timeout(10_000));
    expect((await stat(join(folder, 'seen'))).size).toBe(8_000_000);
  });

  test('refuses one that has a backing file, and what is no qcow2', async () => {
    const folder = await aFolder();
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/hostname', '-F', 'raw', join(folder, 'trap'), '1M']);
    const seen = join(folder, 'seen');
    await expect(copyQcow2(join(folder, 'trap'), seen, 0, AbortSignal.timeout(10_000))).rejects.toThrow('not allowed');
    await writeFile(join(folder, 'noise'), randomBytes(5000));
    await expect(copyQcow2(join(folder, 'noise'), seen, 0, AbortSignal.timeout(10_000))).rejects.toThrow('not in qcow2 format');
  });
});
