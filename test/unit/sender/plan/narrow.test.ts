import { expect, test } from 'vitest';
import { concernsOf, narrowTo } from '../../../../sender/plan/narrow.ts';
import type { Concern } from '../../../../shared/model/concern.ts';
import type { Ref } from '../../../../shared/model/resource.ts';
import { aDocument, aResource, aServer } from '../../../support/build.ts';

const document = aDocument({
  keypairs: ['of both', 'of the first', 'of the second', 'of none'].map((id) => aResource('keypair', { id })),
  servers: [
    aServer({ id: 's1', key_name: 'of the first' }),
    aServer({ id: 's2', key_name: 'of the second' }),
    aServer({ id: 's3', key_name: 'of both' }),
    aServer({ id: 's4', key_name: 'of both' }),
  ],
});

test('a server that stays behind keeps its keypair, unless another uses it; one that none uses moves', () => {
  const { keypairs } = narrowTo(document, ['s1', 's3'], []);
  expect(keypairs.map(({ id }) => id)).toEqual(['of both', 'of the first', 'of none']);
});

test('without servers all keypairs move', () => {
  expect(narrowTo(document, [], []).keypairs).toEqual(document.keypairs);
});

test('a concern about a volume that stays behind is not said of what moves', () => {
  const volumes = ['v1', 'v2'].map((id) => aResource('volume', { id, disk_id: `${id}.volume` }));
  const disks = volumes.map(({ id }) => aResource('disk', { id: `${id}.volume`, server_id: id, volume_id: id }));
  const whole = aDocument({ volumes, disks });
  const told = volumes.map(({ id }) => aConcernAbout(`volume/${id}`));
  const codes = concernsOf(told, narrowTo(whole, [], ['v1']), whole).map(({ code, about }) => `${code} ${about}`);
  expect(codes).toEqual(['left_behind.volume_snapshots volume/v1', 'volume.left_out undefined']);
});

test('what a snapshot becomes goes with the volume that it is of, and is not named when both stay', () => {
  const volumes = [
    ...['v1', 'v2'].map((id) => aResource('volume', { id, disk_id: `${id}.volume` })),
    ...['v1', 'v2'].map((origin) => aSnapshotVolume(origin)),
  ];
  const disks = volumes.map(({ id }) => aResource('disk', { id: `${id}.volume`, server_id: id, volume_id: id }));
  const whole = aDocument({ volumes, disks });
  const narrow = narrowTo(whole, [], ['v1']);
  expect(narrow.volumes.map(({ id }) => id)).toEqual(['v1', 'of-v1.snapshot']);
  expect(narrow.disks.map(({ id }) => id)).toEqual(['v1.volume', 'of-v1.snapshot.volume']);
  expect(concernsOf([], narrow, whole).map(({ says }) => says)).toEqual([expect.stringContaining('(1): v2.')]);
});

function aSnapshotVolume(origin: string) {
  const id = `of-${origin}.snapshot`;
  return aResource('volume', { id, disk_id: `${id}.volume`, metadata: { godwit_snapshot_of: origin } });
}

function aConcernAbout(about: Ref): Concern {
  return { code: 'left_behind.volume_snapshots', severity: 'warning', about, says: 'Its snapshots stay.', remedy: 'Nothing.' };
}
