import { expect, test } from 'vitest';
import { batchesOf } from '../../../../receiver/campaign/batches.ts';
import { refOf } from '../../../../shared/model/resource.ts';
import { aNeedyNetwork, aResource } from '../../../support/build.ts';

const idsIn = (batches: ReturnType<typeof batchesOf>): string[][] => batches.map((batch) => batch.map(({ id }) => id));

test('resources of one kind that do not need each other are built at once, and kinds one after the other', () => {
  const networks = [aNeedyNetwork('a'), aNeedyNetwork('b')];
  const rules = ['r1', 'r2', 'r3'].map((id) => aResource('security_group_rule', { id }));
  expect(idsIn(batchesOf([...networks, ...rules]))).toEqual([
    ['a', 'b'],
    ['r1', 'r2', 'r3'],
  ]);
});

test('one that needs another of its kind waits for it', () => {
  const needy = aNeedyNetwork('b', [refOf('network', 'a')]);
  expect(idsIn(batchesOf([aNeedyNetwork('a'), needy, aNeedyNetwork('c')]))).toEqual([['a'], ['b', 'c']]);
});

test('what claims addresses is built one after the other', () => {
  const ports = ['p1', 'p2'].map((id) => aResource('port', { id }));
  expect(idsIn(batchesOf(ports))).toEqual([['p1'], ['p2']]);
});
