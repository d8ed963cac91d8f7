import { expect, test } from 'vitest';
import { attemptOf, doneAmong, hasMoved, isTurnedBack } from '../../../../sender/migration/attempt.ts';
import { type Fact, standingOf } from '../../../../sender/migration/fact.ts';
import type { Dated } from '../../../../shared/journal.ts';

const dated = (...facts: Fact[]): Dated<Fact>[] =>
  facts.map((fact, index) => ({ at: new Date(index * 1000).toISOString(), ...fact }));
const begun = (server: string, phase: string): Fact => ({ fact: 'begun', server, phase });
const done = (server: string, phase: string): Fact => ({ fact: 'done', server, phase });
const asked = (wish: 'run' | 'pause' | 'cancel' | 'commit' | 'rollback'): Fact => ({ fact: 'asked', wish });
const rests = (state: 'paused' | 'failed' | 'ready'): Fact => ({ fact: 'rests', state });

test('an attempt begins behind the last time the server was rolled back, and counts from one', () => {
  const facts = dated(
    begun('a', 'look'),
    done('b', 'look'),
    { fact: 'turned back', server: 'a' },
    { fact: 'rolled back', server: 'a' },
    done('a', 'look'),
  );
  expect(attemptOf([], 'a')).toEqual({ attempt: 1, facts: [] });
  expect(attemptOf(facts, 'a')).toMatchObject({ attempt: 2, facts: [{ fact: 'done', phase: 'look' }] });
  expect(attemptOf(facts, 'b')).toMatchObject({ attempt: 1, facts: [{ server: 'b' }] });
  expect([...doneAmong(attemptOf(facts, 'a').facts)]).toEqual(['look']);
});

test('a server that was turned back has not moved, however far it was, until it went the whole way again', () => {
  const whole = [begun('a', 'look'), done('a', 'look'), done('a', 'mark')];
  expect(hasMoved(dated(...whole), 'a', 'mark')).toBe(true);
  const turned = [...whole, { fact: 'turned back', server: 'a' } as const];
  expect(isTurnedBack(dated(...turned), 'a')).toBe(true);
  expect(hasMoved(dated(...turned), 'a', 'mark')).toBe(false);
  const back = [...turned, { fact: 'rolled back', server: 'a' } as const];
  expect(isTurnedBack(dated(...back), 'a')).toBe(false);
  expect(hasMoved(dated(...back), 'a', 'mark')).toBe(false);
  expect(hasMoved(dated(...back, done('a', 'mark')), 'a', 'mark')).toBe(true);
});

test('a campaign works on the last wish until it rests', () => {
  expect(standingOf([])).toMatchObject({ is: 'working', wish: 'run' });
  expect(standingOf([asked('run'), rests('ready')])).toEqual({ is: 'resting', state: 'ready', problem: null });
  expect(standingOf([asked('run'), rests('ready'), { fact: 'asked', wish: 'commit', deleteSource: true }])).toEqual({
    is: 'working',
    wish: 'commit',
    deleteSource: true,
  });
  expect(standingOf([asked('run'), asked('pause'), begun('a', 'look')])).toMatchObject({ wish: 'pause' });
});
