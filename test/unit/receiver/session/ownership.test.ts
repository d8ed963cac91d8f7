import { randomUUID } from 'node:crypto';
import { on } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dial } from '../../../../protocol/transport/dial.ts';
import { prepareNext } from '../../../../protocol/transport/identity.ts';
import { completeRotation } from '../../../../protocol/transport/rotation.ts';
import { begunHere, type OutlookTools } from '../../../../receiver/bundle/outlook.ts';
import { operator } from '../../../../receiver/campaign/owner.ts';
import { aDisk, fill, offered, pullerOf } from '../../../support/offered.ts';
import { untilTestEnds } from '../../protocol/transport/house.ts';
import {
  aPairedSender,
  aPairedSite,
  connect,
  type PairedSender,
  type PairedSite,
  refusalOf,
  someCampaigns,
} from './paired-site.ts';
import { whatIsSaid } from './what-is-said.ts';

/** Says texts as a peer does that heeds no rule of ours, and returns the answers. */
async function sayRaw({ receiver }: PairedSite, sender: PairedSender, said: readonly [string, unknown][]): Promise<unknown[]> {
  const socket = await dial({ address: receiver.address, ...sender, signal: untilTestEnds() });
  const hello = { role: 'sender', release: '0.0.0', features: [], name: 'hostile' };
  const heard = on(socket, 'message');
  const answers: unknown[] = [];
  for (const [index, [name, params]] of [['session.hello', hello] as const, ...said].entries()) {
    socket.send(JSON.stringify({ id: index + 1, name, params }));
    const { value } = (await heard.next()) as { value: [Buffer] };
    answers.push(JSON.parse(value[0].toString()));
  }
  socket.terminate();
  return answers.slice(1);
}

test('a campaign that another key began is refused in the same words as a bundle’s, and its session goes on', async () => {
  const site = await aPairedSite();
  const owner = await aPairedSender(site);
  const other = await aPairedSender(site);
  const campaign = randomUUID();
  const bundle = randomUUID();
  const main = await connect(site, owner);
  await main.request('campaign.open', { campaign });
  await site.campaigns.openFor(operator, bundle);
  const stranger = await connect(site, other);
  const words = [];
  for (const id of [campaign, bundle])
    words.push(JSON.stringify(await refusalOf(stranger.request('campaign.open', { campaign: id }))).replaceAll(id, 'ID'));
  expect(words[0]).toContain('E_NOT_FOUND');
  expect(words[1]).toBe(words[0]);
  expect(await main.request('campaign.remove', { campaign })).toEqual({ removed: [], kept: [] });
  // It goes on as what it was.
  expect(await stranger.request('campaign.open', { campaign: randomUUID() })).toMatchObject({ known: false, state: 'new' });
});

test('nothing that another key says changes a campaign, and is answered as for an id that nobody has', async () => {
  const site = await aPairedSite();
  const owner = await aPairedSender(site);
  const other = await aPairedSender(site);
  const campaign = randomUUID();
  const own = randomUUID();
  const unknown = randomUUID();
  const main = await connect(site, owner);
  await main.request('campaign.open', { campaign });
  const { ledger } = await site.campaigns.known(campaign);
  await ledger.intend('network/n1');
  await ledger.built('network/n1', { id: 'N', how: 'adopted' });
  await ledger.reach('completed');
  const before = ledger.entries();
  for (const opening of [[], [['campaign.open', { campaign: own }] as [string, unknown]]]) {
    const theirs = await sayRaw(site, other, [...opening, ...Object.entries(whatIsSaid(campaign))]);
    const nobodys = await sayRaw(site, other, [...opening, ...Object.entries(whatIsSaid(unknown))]);
    const plain = (answers: unknown[], id: string): string[] =>
      answers.slice(opening.length).map((answer) => JSON.stringify(answer).replaceAll(id, 'ID'));
    expect(plain(theirs, campaign)).toEqual(plain(nobodys, unknown));
    expect(plain(theirs, campaign).filter((answer) => !answer.includes('"problem"'))).toEqual([]);
  }
  expect([ledger.state, ledger.entries()]).toEqual(['completed', before]);
});

test('a key that replaced the one that began a campaign goes on as its owner, and the replaced one is nobody', async () => {
  const site = await aPairedSite();
  const sender = await aPairedSender(site);
  const campaign = randomUUID();
  const folder = join(sender.dir, 'identity');
  const next = await prepareNext(folder, 'sender');
  const main = await connect(site, sender, { nextKey: next.fingerprint });
  expect(await main.request('campaign.open', { campaign })).toMatchObject({ known: false });
  const identity = await completeRotation(folder, 'sender', sender.peers);
  expect(identity.fingerprint).toBe(next.fingerprint);
  const later = await connect(site, sender, { identity });
  expect(await later.request('campaign.open', { campaign })).toMatchObject({ known: true });
  await expect(connect(site, sender)).rejects.toMatchObject({ code: 'E_PEER_UNPAIRED' });
});

test('whose a campaign is stands on the disk before it is opened, and holds for the next daemon', async () => {
  const site = await aPairedSite();
  const owner = await aPairedSender(site);
  const other = await aPairedSender(site);
  const campaign = randomUUID();
  await (await connect(site, owner)).request('campaign.open', { campaign });
  const path = join(site.state, 'campaigns', campaign, 'owner.json');
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ owner: owner.identity.fingerprint });
  const later = someCampaigns(site.state);
  await expect(later.openFor(other.identity.fingerprint, campaign)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  expect((await later.openFor(owner.identity.fingerprint, campaign)).id).toBe(campaign);
  await writeFile(path, 'damaged');
  await expect(later.openFor(owner.identity.fingerprint, campaign)).rejects.toMatchObject({ code: 'E_STATE_DAMAGED' });
});

test('of two keys that begin one campaign at once, one has it', async () => {
  const site = await aPairedSite();
  const senders = [await aPairedSender(site), await aPairedSender(site)];
  const campaign = randomUUID();
  const connections = await Promise.all(senders.map((sender) => connect(site, sender)));
  const ends = await Promise.allSettled(connections.map((one) => one.request('campaign.open', { campaign })));
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('a bundle of a campaign that a sender drives here is refused, and none is made of it for the operator', async () => {
  const site = await aPairedSite();
  const campaign = randomUUID();
  await (await connect(site, await aPairedSender(site))).request('campaign.open', { campaign });
  const tools = { campaigns: site.campaigns } as OutlookTools;
  await expect(begunHere(tools, campaign)).rejects.toMatchObject({ code: 'E_CAMPAIGN_STATE' });
  await expect(site.campaigns.openFor(operator, campaign)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  expect(await begunHere(tools, randomUUID())).toBeNull();
});

test('disks are kept for the owner of their campaign, by the key it was paired with, and for nobody else', async () => {
  const site = await aPairedSite();
  const owner = await aPairedSender(site);
  const other = await aPairedSender(site);
  const campaign = randomUUID();
  const main = await connect(site, owner);
  await main.request('campaign.open', { campaign });
  const { disks, ledger } = await site.campaigns.known(campaign);
  const offer = offered(aDisk('abcd', 4096));
  const copy = await disks.offer('s1', 's1.root', offer.shape);
  await fill(copy, offer);
  await disks.seal('s1', 's1.root', offer.root, pullerOf(copy, offer));
  await ledger.reach('completed');
  const stranger = await connect(site, other);
  expect((await refusalOf(stranger.request('campaign.open', { campaign }))).code).toBe('E_NOT_FOUND');
  await main.request('campaign.commit', { campaign });
  expect(await readdir(join(site.state, 'kept'))).toEqual([owner.identity.fingerprint]);
});

test('of connections that open one campaign at once, the last is bound and the others are closed', async () => {
  const site = await aPairedSite();
  const sender = await aPairedSender(site);
  const campaign = randomUUID();
  const connections = await Promise.all([1, 2, 3, 4].map(() => connect(site, sender)));
  await Promise.allSettled(connections.map((one) => one.request('campaign.open', { campaign })));
  await expect.poll(() => site.sessions.status().length).toBe(1);
  expect(site.sessions.status()).toMatchObject([{ campaign }]);
});
