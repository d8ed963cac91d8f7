import { expect, test } from 'vitest';
import { moveRandomTenants } from '../support/random-moves.ts';

test.each(Array.from({ length: 20 }, (_, block) => [1000 + block * 18]))(
  'eighteen random tenants from seed %d on lose nothing without a word',
  async (seed) => {
    expect(await moveRandomTenants(seed, 18)).toEqual([]);
  },
);
