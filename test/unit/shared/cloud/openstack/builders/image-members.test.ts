import { expect, onTestFinished, test } from 'vitest';
import { differing } from '../../../../../../sender/model/differing.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import type { ImageMember } from '../../../../../../shared/model/image-member.ts';
import type { ResourceOf } from '../../../../../../shared/model/resource.ts';
import { accessTo } from '../../../../../conformance/furnish.ts';
import { anOwnImage } from '../../../../../conformance/tenant.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand, type Campaign } from '../a-destination.ts';

const soon = () => AbortSignal.timeout(15_000);
const projects = { 'theirs-here': { to: 'theirs-there' }, 'all-here': { to: '*' } };

/** An image of the source that is shared with some projects. */
function aSharedImage(members: readonly ImageMember[]): ResourceOf<'image'> {
  const image = anOwnImage().find((one) => one.kind === 'image') as unknown as ResourceOf<'image'>;
  return { ...image, visibility: 'shared', members: [...members] };
}

function contextOf(campaign: Campaign, image: ResourceOf<'image'>) {
  const { disk } = campaign.context(campaign.tenant.get('disk'));
  return { ...campaign.context(image), disk, mappings: { ...campaign.tenant.mappings, projects } };
}

async function membersOf(twin: Twin, image: string): Promise<string[]> {
  const hand = await aHand(twin, 'admin');
  const path = `/images/${image}/members`;
  const { members } = await hand.ask<{ members: { member_id: string; status: string }[] }>('GET', 'image', path);
  return members.map(({ member_id, status }) => `${member_id} ${status}`);
}

const members = [
  { project: 'theirs-here', status: 'accepted' },
  { project: 'all-here', status: 'accepted' },
  { project: 'nobody-here', status: 'rejected' },
];

test('an image is shared with the projects that the plan maps, once, and what is not carried is told', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const image = aSharedImage(members);
  const { id, differences } = await campaign.cloud.ensure(image, contextOf(campaign, image));
  expect(differences).toEqual({ fatal: [], told: [expect.stringMatching(/^members is \["theirs-there \(pending\)"\], not /)] });
  expect(await campaign.cloud.ensure(image, contextOf(campaign, image))).toMatchObject({ id, how: 'found' });
  expect(await membersOf(twin, id)).toEqual(['theirs-there pending']);
});

test('an admin answers for a member as it did at the source, and not where it answered otherwise since', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const image = aSharedImage(members.slice(0, 1));
  const { id, differences } = await campaign.cloud.ensure(image, contextOf(campaign, image));
  expect(differences).toEqual({ fatal: [], told: [] });
  expect(await membersOf(twin, id)).toEqual(['theirs-there accepted']);
  const hand = await aHand(twin, 'admin');
  await hand.ask('PUT', 'image', `/images/${id}/members/theirs-there`, { status: 'rejected' });
  await campaign.cloud.ensure(image, contextOf(campaign, image));
  expect(await membersOf(twin, id)).toEqual(['theirs-there rejected']);
});

test('a member whose creation was not answered is there once, and goes with its image', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const image = aSharedImage(members.slice(0, 1));
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { method: 'POST', path: '/members$' } }]);
  const { id } = await campaign.cloud.ensure(image, contextOf(campaign, image));
  expect(await membersOf(twin, id)).toEqual(['theirs-there pending']);
  const patience = { timeoutMs: 3000, signal: soon() };
  expect(await campaign.cloud.remove(`image/${image.id}`, id, campaign.id, patience)).toBe(true);
  await expect(membersOf(twin, id)).rejects.toMatchObject({ message: expect.stringContaining('404') });
});

test('the members of an image are captured, and read anew with it', async () => {
  const twin = await aFurnishedTwin();
  const demo = await aHand(twin);
  const id = await demo.store({ name: 'golden', visibility: 'shared' }, Buffer.alloc(1000, 'golden'));
  await demo.ask('POST', 'image', `/images/${id}/members`, { member: 'theirs-here' });
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, soon());
  const captured = document.images.find((one) => one.id === id);
  expect(captured?.members).toEqual([{ project: 'theirs-here', status: 'pending' }]);
  expect(concerns.filter(({ code }) => code.startsWith('image.'))).toEqual([]);
  const { resource } = await source.loneState('image', id, soon());
  expect(differing('', captured ?? {}, resource, ['members', 'visibility'])).toEqual([]);
});

test('what the plan does not map, and who must accept anew, is said before anything is written', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const image = aSharedImage(members);
  const mappings = { ...campaign.tenant.mappings, projects };
  const { concerns } = await campaign.cloud.preflight([image], mappings, soon());
  const ofImage = concerns.filter(({ about }) => about === `image/${image.id}`);
  expect(ofImage.map(({ code, says }) => `${code} ${says}`)).toEqual([
    expect.stringMatching(/^image\.members_unmapped .*\(2\): all-here, nobody-here\.$/),
    expect.stringMatching(/^image\.members_pending .*\(1\): theirs-there\.$/),
  ]);
});
