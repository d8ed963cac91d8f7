import { expect, test } from 'vitest';
import { untold, withDifferences } from '../../../../receiver/campaign/differs.ts';

const built = { id: 'v1', how: 'created' } as const;

test('a difference that was told is known again, also one whose value holds a semicolon', () => {
  const told = ['description is "", not "root; do not delete"', 'availability_zone is "b", not "a"'];
  const { detail } = withDifferences(built, told);
  expect(untold(told, detail)).toEqual([]);
  expect(untold(['description is "", not "root"', ...told], detail)).toEqual(['description is "", not "root"']);
});

test('part of a difference that was told is another difference, and none is known where none was told', () => {
  const { detail } = withDifferences(built, ['mtu is 1442, not 1450', 'size is 2, not 1']);
  expect(untold(['mtu is 1442', 'is 2, not 1'], detail)).toEqual(['mtu is 1442', 'is 2, not 1']);
  expect(withDifferences(built, [])).toEqual(built);
  expect(untold(['size is 2, not 1'], undefined)).toEqual(['size is 2, not 1']);
});
