import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printFingerprint } from '../../../../protocol/transport/certificate.ts';
import { loadNext, loadOrCreateIdentity, prepareNext, promoteNext } from '../../../../protocol/transport/identity.ts';
import { aFolder, problemOf } from './house.ts';

describe('an identity', () => {
  test('is made once and read again afterwards', async () => {
    const dir = await aFolder();
    const made = await loadOrCreateIdentity(join(dir, 'identity'), 'sender');
    const read = await loadOrCreateIdentity(join(dir, 'identity'), 'sender');
    expect(read.fingerprint).toBe(made.fingerprint);
    expect(read.certificate).toBe(made.certificate);
  });

  test('is a P-256 key with a certificate that signs itself, names the role and lasts ten years', async () => {
    const { certificate, privateKey } = await loadOrCreateIdentity(await aFolder(), 'receiver');
    const parsed = new X509Certificate(certificate);
    expect(privateKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.subject).toContain('CN=godwit-receiver');
    expect(parsed.ca).toBe(false);
    const years = (parsed.validToDate.getTime() - Date.now()) / (365.25 * 24 * 3_600_000);
    expect(years).toBeGreaterThan(9.9);
    expect(years).toBeLessThan(10.1);
  });

  test('lies in a folder and a file that nobody else may read, with nothing left beside it', async () => {
    const dir = join(await aFolder(), 'identity');
    await loadOrCreateIdentity(dir, 'sender');
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'identity.pem'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['identity.pem']);
  });

  test('is the same for two processes that start at once', async () => {
    const dir = join(await aFolder(), 'identity');
    const made = await Promise.all([1, 2, 3, 4].map(() => loadOrCreateIdentity(dir, 'sender')));
    expect(new Set(made.map((one) => one.fingerprint)).size).toBe(1);
  });

  test('is refused, and not replaced, when others may read it', async () => {
    const dir = await aFolder();
    await loadOrCreateIdentity(dir, 'sender');
    await chmod(join(dir, 'identity.pem'), 0o644);
    const problem = await problemOf(loadOrCreateIdentity(dir, 'sender'));
    expect(problem.code).toBe('E_STATE_DAMAGED');
    expect(problem.message).toContain('mode 644');
  });

  test.each(['', 'nonsense', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])(
    'is refused, and not replaced, when its file holds %j',
    async (content) => {
      const path = join(await aFolder(), 'identity.pem');
      await writeFile(path, content, { mode: 0o600 });
      expect((await problemOf(loadOrCreateIdentity(join(path, '..'), 'sender'))).code).toBe('E_STATE_DAMAGED');
      expect(await readFile(path, 'utf8')).toBe(content);
    },
  );

  test('is refused when key and certificate do not belong together', async () => {
    const one = await aFolder();
    const two = await aFolder();
    const other = await loadOrCreateIdentity(one, 'sender');
    await loadOrCreateIdentity(two, 'sender');
    const path = join(two, 'identity.pem');
    const key = createPrivateKey(await readFile(path))
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();
    await writeFile(path, key + other.certificate);
    expect((await problemOf(loadOrCreateIdentity(two, 'sender'))).code).toBe('E_STATE_DAMAGED');
  });

  test('shows its fingerprint in groups of four digits', () => {
    expect(printFingerprint('0123456789abcdef'.repeat(4)).split(' ')).toHaveLength(16);
    expect(printFingerprint('0123456789abcdef'.repeat(4))).toMatch(/^0123 4567 89ab cdef 0123/);
  });
});

describe('the next identity', () => {
  test('lies beside the current one until it is promoted, and survives a restart in between', async () => {
    const dir = await aFolder();
    const current = await loadOrCreateIdentity(dir, 'sender');
    const next = await prepareNext(dir, 'sender');
    expect(next.fingerprint).not.toBe(current.fingerprint);
    expect((await prepareNext(dir, 'sender')).fingerprint).toBe(next.fingerprint);
    expect((await loadOrCreateIdentity(dir, 'sender')).fingerprint).toBe(current.fingerprint);
    expect((await loadNext(dir, 'sender'))?.fingerprint).toBe(next.fingerprint);
  });

  test('becomes the current one by one rename, which may be asked for twice', async () => {
    const dir = await aFolder();
    await loadOrCreateIdentity(dir, 'sender');
    const next = await prepareNext(dir, 'sender');
    expect((await promoteNext(dir, 'sender')).fingerprint).toBe(next.fingerprint);
    expect((await promoteNext(dir, 'sender')).fingerprint).toBe(next.fingerprint);
    expect(await readdir(dir)).toEqual(['identity.pem']);
  });

  test('does not touch the current one when it is damaged', async () => {
    const dir = await aFolder();
    const current = await loadOrCreateIdentity(dir, 'sender');
    await writeFile(join(dir, 'identity.next.pem'), 'half a ke', { mode: 0o600 });
    expect((await problemOf(promoteNext(dir, 'sender'))).code).toBe('E_STATE_DAMAGED');
    expect((await loadOrCreateIdentity(dir, 'sender')).fingerprint).toBe(current.fingerprint);
  });
});
