import { expect, test } from 'vitest';
import { readOf } from '../../../../../../shared/cloud/openstack/volumes/read.ts';
import { outlivesSnapshot, readConnection } from '../../../../../../shared/cloud/openstack/volumes/volume-connection.ts';
import { signal } from '../a-source.ts';
import { aSourceWithVolumes } from '../a-volume-server.ts';

test.for([
  { driver: 'rbd', format: null, survives: true },
  { driver: 'iscsi', format: null, survives: true },
  { driver: 'nfs', format: 'qcow2', survives: true },
  { driver: 'nfs', format: 'raw', survives: false },
  { driver: 'nfs', format: null, survives: false },
  { driver: 'something new', format: 'qcow2', survives: false },
])('a volume by $driver as $format keeps its server a disk after a snapshot: $survives', ({ driver, format, survives }) => {
  expect(outlivesSnapshot({ driver, format, followed: true })).toBe(survives);
});

test('a file whose new name an older Cinder does not tell is lost to its server, and a block device is not', () => {
  expect(outlivesSnapshot({ driver: 'nfs', format: 'qcow2', followed: false })).toBe(false);
  expect(outlivesSnapshot({ driver: 'rbd', format: null, followed: false })).toBe(true);
});

test('a volume of which nothing is told may be lost', () => {
  expect(outlivesSnapshot(null)).toBe(false);
});

test('Cinder tells how an attached volume is reached, and nothing of one that is free', async () => {
  const { hand, root } = await aSourceWithVolumes();
  const attached = await readOf(hand.session, 'volume', root, signal());
  if (attached === null) throw new Error('the root volume is gone');
  expect(await readConnection(hand.session, attached, signal())).toEqual({ driver: 'nfs', format: 'qcow2', followed: true });
  const free = Object.assign(attached, { attachments: [] });
  expect(await readConnection(hand.session, free, signal())).toBeNull();
});

test('a Cinder as old as Victoria’s is known by its newest microversion', async () => {
  const { hand, root } = await aSourceWithVolumes({ cinderMinor: 62 });
  const attached = await readOf(hand.session, 'volume', root, signal());
  if (attached === null) throw new Error('the root volume is gone');
  const connection = await readConnection(hand.session, attached, signal());
  expect(connection).toEqual({ driver: 'nfs', format: 'qcow2', followed: false });
  expect(outlivesSnapshot(connection)).toBe(false);
});
