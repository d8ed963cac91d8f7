import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { someCampaignSet } from '../../../support/campaign-set.ts';
import { aFolder } from '../../../support/folder.ts';
import { writePastCampaign } from '../../../support/past-campaign.ts';

test('of campaigns that are over a start reads a note alone, which says of them what their files say', async () => {
  const state = await aFolder();
  const ids = [await writePastCampaign(state, 2, 1), await writePastCampaign(state, 3, 2)];
  const first = await someCampaignSet(state);
  const statuses = first.statuses();
  expect(statuses.map(({ id, state: is, moves }) => [id, is, moves.length])).toEqual([
    [ids[1], 'committed', 3],
    [ids[0], 'committed', 2],
  ]);
  expect(statuses[0]?.moves.map((move) => move.state)).toEqual(['moved', 'moved', 'moved']);
  await first.stop();
  for (const id of ids) await rename(join(state, 'campaigns', id, 'journal.jsonl'), join(state, `${id}.jsonl`));
  const second = await someCampaignSet(state);
  expect(second.statuses()).toEqual(JSON.parse(JSON.stringify(statuses)));
  expect(second.history()).toEqual(first.history());
  // Their servers may be moved by another campaign.
  second.mustBeFree(['s1']);
  for (const id of ids) await rename(join(state, `${id}.jsonl`), join(state, 'campaigns', id, 'journal.jsonl'));
  const found = await second.find((ids[0] ?? '').slice(0, 8));
  expect(found.campaign.journal.facts.at(-1)).toMatchObject({ fact: 'rests', state: 'committed' });
  expect(found.status()).toEqual(statuses[1]);
  await expect(second.find('none')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
});

test('campaigns that are over hold no file open', async () => {
  const state = await aFolder();
  for (let minute = 0; minute < 10; minute += 1) await writePastCampaign(state, 1, minute);
  const before = (await readdir('/proc/self/fd')).length;
  const campaigns = await someCampaignSet(state);
  const [one] = campaigns.statuses();
  await campaigns.find(one?.id ?? '');
  expect((await readdir('/proc/self/fd')).length).toBeLessThan(before + 5);
});

test('a note that is damaged, or of another release, is made again', async () => {
  const state = await aFolder();
  const id = await writePastCampaign(state, 1);
  const note = join(state, 'campaigns', id, 'ended.json');
  await (await someCampaignSet(state)).stop();
  const right = await readFile(note, 'utf8');
  const older = JSON.stringify({ ...JSON.parse(right), release: '0.0.1', status: null });
  for (const wrong of [right.slice(0, 50), older]) {
    await writeFile(note, wrong);
    const campaigns = await someCampaignSet(state);
    expect(campaigns.statuses()[0]).toMatchObject({ id, state: 'committed' });
    await campaigns.stop();
    expect(await readFile(note, 'utf8')).toBe(right);
  }
});

test('a campaign that is put into the archive leaves no folder behind, and is not there after a restart', async () => {
  const state = await aFolder();
  const id = await writePastCampaign(state, 1);
  const campaigns = await someCampaignSet(state);
  expect((await campaigns.prune(Date.now())).map((status) => status.id)).toEqual([id]);
  expect(campaigns.statuses()).toEqual([]);
  expect(await readdir(join(state, 'campaigns'))).toEqual([]);
  expect((await readdir(join(state, 'archive', id))).sort()).toContain('ended.json');
  await rm(join(state, 'archive'), { recursive: true });
  expect((await someCampaignSet(state)).statuses()).toEqual([]);
});
