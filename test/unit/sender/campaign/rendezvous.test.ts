import { expect, test } from 'vitest';
import { Rendezvous } from '../../../../sender/campaign/rendezvous.ts';

const never = new AbortController().signal;

/** Who has gone on so far, in order. */
function wentOn(meeting: Rendezvous, phase: string, members: readonly string[], signal = never) {
  const gone: string[] = [];
  const ends = members.map((one) => meeting.meet(one, phase, signal).then(() => gone.push(one)));
  return { gone, ends };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('nobody goes on before all have come, and then all do', async () => {
  const meeting = new Rendezvous(['a', 'b', 'c'], () => false);
  const { gone, ends } = wentOn(meeting, 'stop', ['a', 'b']);
  await settle();
  expect(gone).toEqual([]);
  await meeting.meet('c', 'stop', never);
  await Promise.all(ends);
  expect(gone).toEqual(['a', 'b']);
});

test('who came to one phase has not come to another', async () => {
  const meeting = new Rendezvous(['a', 'b'], () => false);
  const { gone } = wentOn(meeting, 'create', ['a']);
  const { ends } = wentOn(meeting, 'stop', ['a']);
  await meeting.meet('b', 'stop', never);
  await Promise.all(ends);
  expect(gone).toEqual([]);
});

test('who went past a phase in an earlier life is not waited for', async () => {
  const meeting = new Rendezvous(['a', 'b'], (member, phase) => member === 'b' && phase === 'stop');
  await meeting.meet('a', 'stop', never);
  const { gone } = wentOn(meeting, 'create', ['a']);
  await settle();
  expect(gone).toEqual([]);
});

test('a wait that is given up ends with its reason, and who has all others goes on although it is given up later', async () => {
  const meeting = new Rendezvous(['a', 'b'], () => false);
  const halt = new AbortController();
  const { ends } = wentOn(meeting, 'stop', ['a'], halt.signal);
  const arrival = meeting.meet('b', 'stop', halt.signal);
  halt.abort(new Error('Paused.'));
  await Promise.all([arrival, ...ends]);
  await expect(meeting.meet('a', 'create', halt.signal)).rejects.toThrow('Paused.');
});
