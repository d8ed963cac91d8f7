import { expect, test } from 'vitest';
import { narrowTo } from '../../../../sender/plan/narrow.ts';
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
