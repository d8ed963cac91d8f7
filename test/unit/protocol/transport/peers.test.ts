import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { firstKeyOf, type PairedPeer, Peers } from '../../../../protocol/transport/peers.ts';
import { aFolder, problemOf, untilTestEnds } from './house.ts';

function aPeer(name: string, digit = '1'): PairedPeer {
  return { name, fingerprint: digit.repeat(64), certificate: 'PEM', paired_at: '2026-11-21T00:00:00.000Z' };
}

async function aList(): Promise<Peers> {
  return new Peers(join(await aFolder(), 'peers.json'));
}

describe('the list of peers', () => {
  test('is empty as long as there is no file', async () => {
    expect(await (await aList()).list()).toEqual([]);
  });

  test('keeps who was added, for the next process too, in a file for our eyes alone', async () => {
    const peers = await aList();
    await peers.add(aPeer('cloud-a'));
    expect(await new Peers(peers.path).list()).toEqual([aPeer('cloud-a')]);
    expect((await stat(peers.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(peers.path, '..'))).toEqual(['peers.json']);
  });

  test('removes by name, by fingerprint and by fingerprint as it is printed', async () => {
    const peers = await aList();
    for (const asked of ['cloud-a', 'a'.repeat(64), 'AAAA '.repeat(16)]) {
      await peers.add(aPeer('cloud-a', 'a'));
      await peers.remove(asked);
      expect(await peers.list()).toEqual([]);
    }
    expect((await problemOf(peers.remove('cloud-b'))).code).toBe('E_NOT_FOUND');
  });

  test('replaces the entry of a key that pairs again', async () => {
    const peers = await aList();
    await peers.add(aPeer('old-name'));
    await peers.add(aPeer('new-name'));
    expect((await peers.list()).map((peer) => peer.name)).toEqual(['new-name']);
  });

  test('gives a second key of the same name a name of its own, so that no pairing removes another peer', async () => {
    const peers = await aList();
    await peers.add(aPeer('controller', '1'));
    expect((await peers.add(aPeer('controller', '2'))).name).toBe('controller-2');
    expect(await peers.byKey('1'.repeat(64))).toBeDefined();
  });

  test('forgets a removed key wherever it stands, also where an earlier release noted it twice', async () => {
    const peers = await aList();
    const twice = [{ ...aPeer('cloud-a', 'a'), next_fingerprint: 'b'.repeat(64) }, aPeer('cloud-b', 'b'), aPeer('cloud-c', 'b')];
    await writeFile(peers.path, JSON.stringify({ format: 'godwit/peers', version: 1, peers: twice }));
    expect((await peers.byKey('b'.repeat(64)))?.name).toBe('cloud-b');
    await peers.remove('cloud-b');
    expect(await peers.byKey('b'.repeat(64))).toBeUndefined();
    expect(await peers.list()).toEqual([aPeer('cloud-a', 'a')]);
  });

  test('keeps whose a key is when it pairs again, and gives no key the place of another', async () => {
    const peers = await aList();
    await peers.add({ ...aPeer('cloud-a', 'b'), first_fingerprint: 'a'.repeat(64), next_fingerprint: 'c'.repeat(64) });
    expect(firstKeyOf(await peers.add(aPeer('cloud-a', 'b')))).toBe('a'.repeat(64));
    await peers.change('b'.repeat(64), (peer) => ({ ...peer, next_fingerprint: 'c'.repeat(64) }));
    expect(firstKeyOf(await peers.add(aPeer('cloud-c', 'c')))).toBe('c'.repeat(64));
  });

  test('loses nothing when many write at once', async () => {
    const peers = await aList();
    await Promise.all('0123456789abcdef'.split('').map((digit) => peers.add(aPeer(`cloud-${digit}`, digit))));
    expect(await peers.list()).toHaveLength(16);
  });

  test('goes on after a write that failed', async () => {
    const peers = await aList();
    const [failed] = await Promise.allSettled([peers.remove('nobody'), peers.add(aPeer('cloud-a'))]);
    expect(failed.status).toBe('rejected');
    expect(await peers.list()).toHaveLength(1);
  });

  test.each([
    '',
    '{',
    '{"format":"godwit/peers","version":2,"peers":[]}',
    '{"format":"godwit/peers","version":1,"peers":[{"name":"x"}]}',
  ])('is a problem, never an empty list, when its file holds %j', async (content) => {
    const peers = await aList();
    await writeFile(peers.path, content);
    expect((await problemOf(peers.list())).code).toBe('E_STATE_DAMAGED');
    expect((await problemOf(peers.add(aPeer('cloud-a')))).code).toBe('E_STATE_DAMAGED');
  });

  test('tells of a change that another process made', async () => {
    const peers = await aList();
    await peers.add(aPeer('cloud-a'));
    const changed = new Promise<void>((resolve) => peers.watch(resolve, untilTestEnds()));
    await new Peers(peers.path).remove('cloud-a');
    await changed;
    expect(await peers.list()).toEqual([]);
  });
});
