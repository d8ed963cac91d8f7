import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ladder, ladderRows } from '../../../../../../shared/cloud/openstack/rights/ladder.ts';

const readme = readFileSync(new URL('../../../../../../README.md', import.meta.url), 'utf8');

test('the README has the ladder of rights as doctor tells it, step by step', () => {
  const rows = readme
    .split('\n')
    .filter((line) => ladder.some(({ role }) => line.startsWith(`| \`${role}\` |`)) || line.startsWith('| beside it,'));
  expect(rows).toEqual(ladderRows());
});

test('each step adds something on both sides, but for the one that the default policies give nothing of ours', () => {
  const empty = ladder.filter(({ adds }) => adds.source.length === 0 || adds.destination.length === 0);
  expect(empty.map(({ role }) => role)).toEqual(['manager']);
});
