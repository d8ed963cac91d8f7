import { expect, test } from 'vitest';
import { ComparisonTally } from '../../../../../sender/campaign/compare/comparison.ts';
import type { Waiver } from '../../../../../sender/campaign/compare/waivers.ts';

const waiver: Waiver = { resource: 'server/web', attribute: 'name', owner: 'ann', until: '2999-12-31', reason: 'known' };

test('a waiver by a name that several servers have covers none of them, and one by an id covers that one', () => {
  const said = (valid: readonly Waiver[], shared: readonly string[]): object => {
    const tally = new ComparisonTally({ valid, past: [] }, true, new Set(shared));
    for (const ref of ['server/a', 'server/b'] as const)
      tally.line({ ref, name: 'web', attribute: 'name', is: 'different', severity: 'serious', says: 'it is another' });
    const { lines, worst, idleWaivers } = tally.result();
    return { is: lines.map(({ ref, is }) => `${ref} ${is}`), worst, idle: idleWaivers.length };
  };
  expect(said([waiver], ['server/web'])).toEqual({ is: ['server/a different', 'server/b different'], worst: 'serious', idle: 1 });
  const byId = { ...waiver, resource: 'server/b' };
  expect(said([byId], ['server/web'])).toEqual({ is: ['server/a different', 'server/b waived'], worst: 'serious', idle: 0 });
  expect(said([waiver], ['network/web'])).toMatchObject({ worst: null, idle: 0 });
});
