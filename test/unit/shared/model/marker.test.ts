import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasMarker, markers, readMarker, removeMarker, removeMarkers, writeMarker } from '../../../../shared/model/marker.ts';
import { aFolder } from '../../../support/folder.ts';

const root = join(import.meta.dirname, '../../../..');
const summary = { digest: 'ab'.repeat(32), counts: { disks: 2 } };

async function aCampaign(): Promise<{ id: string; folder: string }> {
  return { id: 'shop', folder: await aFolder() };
}

test('the README’s table of markers is the table of the code', async () => {
  const readme = await readFile(join(root, 'shared/model/README.md'), 'utf8');
  const section = readme.split('\n## ').find((text) => text.startsWith('Markers\n')) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(told).toEqual(
    Object.values(markers).map(({ name, writer, says, digest, counts }) => [`\`${name}\``, writer, says, digest, counts]),
  );
});

test('the specification, the README and the messages name only markers of the table', async () => {
  const files = ['protocol/SPEC.md', 'README.md', 'protocol/messages/campaign.ts', 'protocol/messages/server.ts'];
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const named = texts.flatMap((text) => [...text.matchAll(/\bmarker `([^`]+)`/g)].map(([, name = '']) => name));
  const known: readonly string[] = Object.values(markers).map(({ name }) => name);
  expect(named.length).toBeGreaterThan(8);
  expect([...new Set(named)].filter((name) => !known.includes(name.replace(/^s1\b/, '<server>')))).toEqual([]);
});

test('a marker is in the file that its name says, and is read as it was written', async () => {
  const campaign = await aCampaign();
  await writeMarker(campaign, { kind: 'disk', server: 's1', disk: 'd1' }, summary);
  await writeMarker(campaign, { kind: 'server', server: 's1' }, summary);
  await writeMarker(campaign, { kind: 'campaign' }, summary);
  const files = await readdir(join(campaign.folder, 'markers'), { recursive: true });
  expect(files.sort()).toEqual(['completed', 's1', 's1.completed', 's1/d1.completed']);
  expect(await readMarker(campaign.folder, { kind: 'server', server: 's1' })).toMatchObject({ campaign: 'shop', ...summary });
  expect(await readMarker(campaign.folder, { kind: 'server', server: 's2' })).toBeNull();
});

test('a removed marker is gone, and removing one that never was changes nothing', async () => {
  const campaign = await aCampaign();
  await writeMarker(campaign, { kind: 'imported' }, summary);
  await writeMarker(campaign, { kind: 'campaign' }, summary);
  await removeMarker(campaign.folder, { kind: 'imported' });
  await removeMarker(campaign.folder, { kind: 'disk', server: 's1', disk: 'd1' });
  expect(await hasMarker(campaign.folder, { kind: 'imported' })).toBe(false);
  expect(await hasMarker(campaign.folder, { kind: 'campaign' })).toBe(true);
  await removeMarkers(campaign.folder);
  expect(await hasMarker(campaign.folder, { kind: 'campaign' })).toBe(false);
});
