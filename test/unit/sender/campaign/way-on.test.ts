import { expect, test } from 'vitest';
import { campaignItinerary } from '../../../../sender/campaign/itinerary.ts';
import { onlyWayOn } from '../../../../sender/campaign/way-on.ts';
import { endingAsked, type Fact, isCommitUnderWay } from '../../../../sender/migration/fact.ts';

const commitLook = campaignItinerary.commit.steps.find(({ onlyLooks }) => onlyLooks)?.name ?? '';
const asked = (wish: 'run' | 'pause' | 'cancel' | 'commit' | 'rollback'): Fact => ({ fact: 'asked', wish });
const rests = (state: 'paused' | 'failed' | 'ready'): Fact => ({ fact: 'rests', state });

test('half a commit and half a rollback leave one way on, anything else leaves all', () => {
  const commit: Fact = { fact: 'asked', wish: 'commit', deleteSource: true };
  const step = (phase: string): Fact => ({ fact: 'begun', server: null, phase });
  const half = [asked('run'), commit, step(commitLook), step('commit at receiver'), rests('failed')];
  expect(onlyWayOn([asked('run'), rests('failed')])).toBeNull();
  expect(onlyWayOn([asked('run'), asked('cancel'), rests('failed')])).toBeNull();
  expect(onlyWayOn([asked('run'), asked('rollback'), rests('failed')])).toBe('rollback');
  expect(onlyWayOn(half)).toBe('commit');
  expect(onlyWayOn([...half, commit, step(commitLook), rests('failed')])).toBe('commit');
  expect(endingAsked(half)).toEqual({ wish: 'commit', deleteSource: true });
});

test('a commit that failed before or in its look has done nothing, whatever ran before and after it', () => {
  const step = (phase: string): Fact => ({ fact: 'begun', server: null, phase });
  const before = [asked('run'), step('complete'), rests('ready'), asked('commit'), rests('failed')];
  const inLook = [...before, asked('commit'), step(commitLook), rests('failed')];
  expect(onlyWayOn(before)).toBeNull();
  expect(onlyWayOn(inLook)).toBeNull();
  expect(
    isCommitUnderWay([...inLook, asked('cancel'), asked('run'), step('complete'), asked('commit')], new Set([commitLook])),
  ).toBe(false);
});
