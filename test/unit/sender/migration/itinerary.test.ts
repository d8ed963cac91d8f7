import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { campaignItinerary } from '../../../../sender/campaign/itinerary.ts';
import { downtimePhases, itinerary, itineraryTo, lastPhaseTo } from '../../../../sender/migration/itinerary.ts';
import { destinationHalf } from '../../../../shared/journey/destination-half.ts';

const root = join(import.meta.dirname, '../../../..');
const hasWayBack = ({ undo, tidy }: (typeof itinerary)[number]): boolean => undo !== undefined || tidy !== undefined;

/**
 * The rows of the table of phases in a README: the name, and whether something is said of the way
 * back.
 */
async function rowsIn(file: string): Promise<{ name: string; wayBack: boolean }[]> {
  const text = await readFile(join(root, file), 'utf8');
  const table = /^\| phase .*\n\| -.*\n((?:\|.*\n)+)/m.exec(text)?.[1] ?? '';
  return table
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, name = '', , back]) => ({ name, wayBack: back !== '' }));
}

test("the README's table of phases is the itinerary, with what is undone, after the campaign's first step", async () => {
  const phases = itinerary.map((phase) => ({ name: phase.name, wayBack: hasWayBack(phase) }));
  expect(await rowsIn('README.md')).toEqual([{ name: campaignItinerary.run.steps[0]?.name, wayBack: true }, ...phases]);
});

test("the sender's README tells of the phases that copy a server while it runs", async () => {
  const inRounds = itinerary.filter(({ rounds }) => rounds);
  expect(await rowsIn('sender/README.md')).toEqual(inRounds.map((phase) => ({ name: phase.name, wayBack: hasWayBack(phase) })));
});

test('a server is down without a gap, from the first phase with downtime to the last, and each has an assumed duration', () => {
  const first = itinerary.findIndex(({ downtime }) => downtime);
  expect(itinerary.slice(first, first + downtimePhases.length)).toEqual(downtimePhases);
  expect(downtimePhases.filter(({ assumed, stage }) => assumed === undefined || stage === undefined)).toEqual([]);
});

test('a phase that halts or waits comes before the downtime, and one that waits can be asked whether that is over', () => {
  const before = itinerary.slice(
    0,
    itinerary.findIndex(({ downtime }) => downtime),
  );
  const stops = itinerary.filter(({ halts, waitsFor, rounds }) => halts || waitsFor !== undefined || rounds);
  expect(stops.filter((phase) => !before.includes(phase))).toEqual([]);
  expect(itinerary.filter(({ waitsFor, isOver }) => (waitsFor === undefined) !== (isOver === undefined))).toEqual([]);
});

test('the two halves of a bundle are rows of the same table: an export needs no destination, an import no source', () => {
  expect(itineraryTo('bundle').map(({ side }) => side)).not.toContain('destination');
  expect(itineraryTo('bundle').map(({ side }) => side)).not.toContain('both');
  expect(itinerary.slice(-destinationHalf.length)).toEqual(destinationHalf);
});

test('what happens at the destination before the stop is no downtime and needs no way back, because it stays for the next attempt', () => {
  const early = itinerary.filter((phase) => phase.side === 'destination' && !destinationHalf.includes(phase as never));
  expect(early.map(({ name }) => name)).toEqual(['plug']);
  expect(early.filter((phase) => phase.downtime || hasWayBack(phase))).toEqual([]);
});

test('a journey ends with a phase that every move has, whatever rows stand before or after it', () => {
  for (const to of ['receiver', 'bundle'] as const) {
    const last = itinerary.find(({ name }) => name === lastPhaseTo(to));
    expect(last).toMatchObject({ name: to === 'receiver' ? 'mark' : 'freeze' });
    expect([last?.when, last?.for]).toEqual([undefined, undefined]);
  }
});
