import { expect, test } from 'vitest';
import { failuresSinceAsked } from '../../../../sender/campaign/failures.ts';
import { failureBefore, problemBefore } from '../../../../sender/campaign/problem-before.ts';
import type { Fact, Wish } from '../../../../sender/migration/fact.ts';

const first = { code: 'E_QUOTA' as const, says: 'There is no room.', hint: 'Raise it.' };
const later = { code: 'E_SERVER_STATE' as const, says: 'Server web is gone at the source.', hint: '--keep' };
const asked = (wish: Wish): Fact => ({ fact: 'asked', wish });
const rests = (state: 'failed' | 'ready' | 'rolled back', problem?: typeof first | typeof later): Fact => ({
  fact: 'rests',
  state,
  problem,
});
const failed = (problem: typeof first | typeof later): Fact => ({ fact: 'failed', server: 's1', problem });

test('what had stopped a campaign is known while it is rolled back, and after that has failed, however often', () => {
  const facts = [rests('failed', first), asked('rollback')];
  expect(problemBefore(facts)).toEqual(first);
  const again = [...facts, rests('failed', later), asked('rollback'), rests('failed', later)];
  expect(problemBefore(again)).toEqual(first);
  expect(problemBefore([...again, asked('rollback'), rests('rolled back')])).toBeUndefined();
});

test('a campaign that was well before its rollback had no problem, nor one that goes on', () => {
  expect(problemBefore([rests('ready'), asked('rollback'), rests('failed', later)])).toBeUndefined();
  expect(problemBefore([rests('failed', first)])).toBeUndefined();
  expect(problemBefore([rests('failed', first), asked('run')])).toBeUndefined();
});

test('what failed a server is known beside what keeps it from being taken back', () => {
  const attempt: Fact[] = [failed(first), { fact: 'turned back', server: 's1' }, failed(later)];
  expect(failureBefore(attempt, later)).toEqual(first);
  expect(failureBefore([failed(first)], first)).toBeUndefined();
  expect(failureBefore(attempt, null)).toBeUndefined();
});

test('the failure of a server that could not be taken back has the code of the first problem, and tells both', () => {
  const found = failuresSinceAsked([asked('run'), failed(first), failed(later), failed(later)]).get('s1');
  expect(found).toEqual({ ...first, says: `${first.says} It could not be taken back: ${later.says}` });
});
