import { expect, test } from 'vitest';
import { atomicGroupsOf } from '../../../../shared/model/atomic-groups.ts';
import { aResource } from '../../../support/build.ts';

/** A server with these volumes. */
const having = (id: string, ...volumes: readonly string[]) =>
  aResource('server', {
    id,
    volumes: volumes.map((volume_id) => ({ volume_id, boot_index: null, device: '', tag: null, delete_on_termination: false })),
  });

test('servers that share a volume are one group, those that share one with one of them, too, and others are in none', () => {
  const servers = [having('d', 'v3'), having('c', 'v2'), having('b', 'v1', 'v2'), having('a', 'v1'), having('e')];
  expect(atomicGroupsOf({ servers })).toEqual([{ servers: ['a', 'b', 'c'], volumes: ['v1', 'v2'] }]);
});

test('two groups that have nothing in common stay two, until a server has a volume of each', () => {
  const servers = [having('a', 'v1'), having('b', 'v1'), having('c', 'v2'), having('d', 'v2')];
  expect(atomicGroupsOf({ servers }).map((group) => group.servers)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  const joined = [...servers, having('e', 'v1', 'v2')];
  expect(atomicGroupsOf({ servers: joined })).toEqual([{ servers: ['a', 'b', 'c', 'd', 'e'], volumes: ['v1', 'v2'] }]);
});
