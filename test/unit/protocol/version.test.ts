import { expect, test } from 'vitest';
import { features, kindsKnown } from '../../../protocol/version.ts';
import { kinds } from '../../../shared/model/resource.ts';

test('a peer of 0.1 is told of no kind that it would refuse, and one of this release of all', () => {
  const later = kinds.filter((kind) => !kindsKnown(kinds, () => false).includes(kind));
  expect(later).toEqual(['server_group', 'volume']);
  expect(kindsKnown(kinds, (feature) => features.includes(feature))).toEqual(kinds);
});
