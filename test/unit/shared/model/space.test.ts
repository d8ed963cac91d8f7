import { expect, test } from 'vitest';
import type { Resource } from '../../../../shared/model/resource.ts';
import { leastBytes, spaceConcerns } from '../../../../shared/model/space.ts';
import { aResource, aServer, aServerDisk } from '../../../support/build.ts';

const GiB = 1024 ** 3;

/** Two servers with disks of 10 and 40 GiB, made from a qcow2 image of 2 GiB. */
function twoServers(): Resource[] {
  const server = (id: string): Resource => aServer({ id, image_id: 'debian' });
  const image = aResource('image', { id: 'debian', disk_format: 'qcow2', size: 2 * GiB });
  return [aServerDisk('a', 10), aServerDisk('b', 40), image, server('a'), server('b')];
}

test('less free space than the images hold is blocking', () => {
  expect(spaceConcerns(twoServers(), 3 * GiB, 'here')).toMatchObject([{ code: 'space.short', severity: 'blocking' }]);
});

test('room for what the images hold, but not for full disks, is a warning', () => {
  expect(spaceConcerns(twoServers(), 49 * GiB, 'here')).toMatchObject([{ code: 'space.tight', severity: 'warning' }]);
});

test('room for full disks is no concern', () => {
  expect(spaceConcerns(twoServers(), 50 * GiB, 'here')).toEqual([]);
});

test('donor images count where disks are full, and are never blocking', () => {
  const [tight] = spaceConcerns(twoServers(), 51 * GiB, 'here', { besideBytes: 2 * GiB });
  expect(tight).toMatchObject({ code: 'space.tight', says: expect.stringContaining('donor images 2.0 GiB') });
  expect(spaceConcerns(twoServers(), 52 * GiB, 'here', { besideBytes: 2 * GiB })).toEqual([]);
  expect(leastBytes(twoServers())).toBe(4 * GiB);
});

test('where one disk lies at a time, the largest one counts', () => {
  expect(spaceConcerns(twoServers(), 40 * GiB, 'here', { atOnce: 1 })).toEqual([]);
  expect(spaceConcerns(twoServers(), 39 * GiB, 'here', { atOnce: 1 })).toMatchObject([{ code: 'space.tight' }]);
});

test('volumes count beside the disk of their server, and alone where it has none', () => {
  const volumeDisk = aResource('disk', { id: 'v.volume', server_id: 'a', volume_id: 'v', min_disk: 30 });
  expect(spaceConcerns([...twoServers(), volumeDisk], 79 * GiB, 'here')).toMatchObject([{ code: 'space.tight' }]);
  expect(spaceConcerns([...twoServers(), volumeDisk], 80 * GiB, 'here')).toEqual([]);
  const alone = [aServer({ id: 'a' }), volumeDisk];
  expect(spaceConcerns(alone, 29 * GiB, 'here')).toMatchObject([{ code: 'space.tight' }]);
  expect(spaceConcerns(alone, 30 * GiB, 'here')).toEqual([]);
});
