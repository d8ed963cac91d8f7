import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { aSourceWithServers, signal } from '../a-source.ts';
import { untilStatus } from '../a-volume-server.ts';

/** What an admin is told of the user data of a second server of a source. */
async function toldOf(userData: Buffer): Promise<string[]> {
  const { twin, hand } = await aSourceWithServers();
  const { images } = await hand.ask<{ images: { id: string }[] }>('GET', 'image', '/images');
  const { flavors } = await hand.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.bare')?.id;
  const server = { name: 'db', imageRef: images[0]?.id, flavorRef, networks: 'none', user_data: userData.toString('base64') };
  const made = await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server });
  await untilStatus(hand, 'compute', `/servers/${made.server.id}`, 'server', 'ACTIVE');
  const cloud = new OpenStackSource(await accessTo(twin.authUrl, 'admin', 'demo'));
  onTestFinished(() => cloud.close());
  const { concerns } = await cloud.inventory({ servers: [] }, signal());
  const ofUserData = concerns.filter(({ code }) => code.startsWith('server.user_data'));
  expect(ofUserData.every(({ about }) => about === `server/${made.server.id}`)).toBe(true);
  return ofUserData.map(({ severity, code }) => `${severity} ${code}`);
}

const blocked = ['blocking server.user_data_formats', 'warning server.user_data_again'];

test.each([
  ['a script that makes a file system', Buffer.from('#!/bin/sh\nmkfs.ext4 /dev/vdb\n'), blocked],
  ['a script that overwrites a disk', Buffer.from('#!/bin/sh\ndd if=/dev/zero of=/dev/vdb\n'), blocked],
  ['a cloud-config that partitions a disk', Buffer.from('#cloud-config\ndisk_setup:\n  /dev/vdb: {layout: true}\n'), blocked],
  ['a script of Windows that formats a volume', Buffer.from('#ps1\nGet-Disk | Initialize-Disk\n'), blocked],
  ['such a script that is compressed', gzipSync('#!/bin/sh\nmkfs.ext4 /dev/vdb\n'), blocked],
  ['a script that does nothing of the kind', Buffer.from('#!/bin/sh\ndnf install mkfsutils-doc\n'), blocked.slice(1)],
  ['what begins like something compressed', Buffer.from('1f8b00', 'hex'), blocked.slice(1)],
])(
  'user data that its guest may run again is told, and blocks the plan where it may format disks: %s',
  async (_what, data, told) => {
    expect(await toldOf(data)).toEqual(told);
  },
);
