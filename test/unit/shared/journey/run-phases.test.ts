import { expect, test } from 'vitest';
import type { PhaseOf } from '../../../../shared/journey/phase.ts';
import { runPhases } from '../../../../shared/journey/run-phases.ts';
import type { UnitKind } from '../../../../shared/model/lone-volumes.ts';

interface Tools {
  readonly signal: AbortSignal;
}
interface Journey {
  readonly kind: UnitKind;
  readonly learned: readonly string[];
}
type Row = PhaseOf<Journey, Tools, string>;

/** A phase that learns its own name. */
const aPhase = (name: string, columns: Partial<Row> = {}): Row => ({
  name,
  does: name,
  side: 'both',
  run: async () => name,
  ...columns,
});

/** Runs phases of which some are done, and returns everything that was noted, in order. */
async function noted(
  phases: readonly Row[],
  done: readonly string[] = [],
  halted?: AbortSignal,
  kind: UnitKind = 'server',
): Promise<string[]> {
  const notes: string[] = [];
  const learned: string[] = [];
  await runPhases(phases, {
    done: new Set(done),
    recall: () => ({ kind, learned }),
    tools: { signal: new AbortController().signal },
    ...(halted === undefined ? {} : { halted }),
    begin: async ({ name }) => notes.push(`begin ${name}`),
    end: async ({ name }, what) => {
      notes.push(`end ${name}`);
      if (what !== undefined) learned.push(what);
    },
    work: async ({ name }, _move, _tools, piece) => {
      notes.push(`work ${name}`);
      return piece();
    },
  });
  return notes;
}

test('a phase is noted before its work and after it, and those that are done are left out', async () => {
  expect(await noted([aPhase('a'), aPhase('b'), aPhase('c')], ['a'])).toEqual([
    ...['begin b', 'work b', 'end b'],
    ...['begin c', 'work c', 'end c'],
  ]);
});

test('whether a move has a phase is asked with what the phases before it learned', async () => {
  const second = aPhase('b', { when: ({ learned }) => learned.includes('a') });
  const third = aPhase('c', { when: ({ learned }) => learned.includes('nothing') });
  expect(await noted([aPhase('a'), second, third])).toEqual(['begin a', 'work a', 'end a', 'begin b', 'work b', 'end b']);
});

test('a wait that is done begins again where it is no longer over, but never once the server is stopped', async () => {
  const wait = aPhase('wait', { waitsFor: 'calendar', isOver: async () => false });
  const stop = aPhase('stop', { downtime: true });
  expect(await noted([wait, stop], ['wait'])).toEqual([
    ...['work wait', 'begin wait', 'work wait', 'end wait'],
    ...['begin stop', 'work stop', 'end stop'],
  ]);
  expect(await noted([wait, stop], ['wait', 'stop'])).toEqual([]);
  expect(await noted([wait, stop], ['stop'])).toEqual([]);
});

test('a pause ends a phase that halts before it begins, and no other', async () => {
  const halted = AbortSignal.abort(new Error('Paused.'));
  expect(await noted([aPhase('a')], [], halted)).toEqual(['begin a', 'work a', 'end a']);
  await expect(noted([aPhase('a', { halts: true })], [], halted)).rejects.toThrow('Paused.');
});

test('a volume that no server has skips the phases for servers, and a pause ends any of its phases', async () => {
  const phases = [aPhase('look'), aPhase('stop', { for: 'server', downtime: true }), aPhase('copy', { downtime: true })];
  const halted = AbortSignal.abort(new Error('Paused.'));
  expect(await noted(phases, ['look'], undefined, 'volume')).toEqual(['begin copy', 'work copy', 'end copy']);
  await expect(noted([...phases, aPhase('import')], ['look', 'copy'], halted, 'volume')).rejects.toThrow('Paused.');
});

test('a phase that fails is not noted as done, and none comes after it', async () => {
  const notes: string[] = [];
  const fails = aPhase('a', { run: () => Promise.reject(new Error('No.')) });
  const run = runPhases([fails, aPhase('b')], {
    done: new Set<string>(),
    recall: () => ({ kind: 'server', learned: [] }),
    tools: { signal: new AbortController().signal },
    begin: async ({ name }) => notes.push(`begin ${name}`),
    end: async ({ name }) => notes.push(`end ${name}`),
    work: (_phase, _move, _tools, piece) => piece(),
  });
  await expect(run).rejects.toThrow('No.');
  expect(notes).toEqual(['begin a']);
});

/** Where a member of an atomic group waits, and whether a pause may end that. */
async function met(phases: readonly Row[], done: readonly string[], isGroupStopped = false): Promise<string[]> {
  const notes: string[] = [];
  const halted = AbortSignal.abort(new Error('Paused.'));
  await runPhases(phases, {
    done: new Set(done),
    recall: () => ({ kind: 'server', learned: [] }),
    tools: { signal: new AbortController().signal },
    halted,
    isGroupStopped,
    meet: async ({ name }, signal) => {
      notes.push(`meet ${name}`);
      signal.throwIfAborted();
    },
    begin: async ({ name }) => notes.push(`begin ${name}`),
    end: async () => undefined,
    work: (_phase, _move, _tools, piece) => piece(),
  }).catch((error: Error) => notes.push(error.message));
  return notes;
}

test('a member of a group waits for the others before a phase is noted; a pause ends that only while all of them run', async () => {
  const phases = [
    aPhase('wait', { waitsFor: 'cutover', isOver: async () => false }),
    aPhase('stop', { downtime: true, together: true }),
    aPhase('create', { downtime: true, together: true }),
  ];
  expect(await met(phases.slice(1), [])).toEqual(['meet stop', 'Paused.']);
  expect(await met(phases, ['wait', 'stop'])).toEqual(['meet create', 'begin create']);
  expect(await met(phases, ['wait'], true)).toEqual(['meet stop', 'begin stop', 'meet create', 'begin create']);
});
