import { expect, onTestFinished, test } from 'vitest';
import type { BuildContext } from '../../../../../../shared/cloud/destination-cloud.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { refOf } from '../../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(10_000) });
const soon = () => AbortSignal.timeout(15_000);

const shop = aResource('project', { id: 'p1', name: 'shop', description: 'The shop', tags: ['web', 'a b'] });

/** The texts of the project demo, as an admin sees and sets them. */
async function textsOf(admin: Hand) {
  const { projectId } = await admin.session.token(soon());
  const path = `/projects/${projectId}`;
  return {
    async read() {
      const { project } = await admin.ask<{ project: { description: string; tags: string[] } }>('GET', 'identity', path);
      return { description: project.description, tags: project.tags };
    },
    async describe(description: string) {
      await admin.ask('PATCH', 'identity', path, { project: { description } });
    },
    tag: (tags: readonly string[]) => admin.ask('PUT', 'identity', `${path}/tags`, { tags }),
    projectId,
  };
}

/** A campaign into the project demo, which has a description and tags of its own. */
async function aPlace() {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin, 'admin');
  const texts = await textsOf(await aHand(twin, 'admin', 'demo'));
  await texts.describe('Empty');
  await texts.tag(['web', 'theirs']);
  const context: BuildContext = campaign.context(shop);
  const noted = { ...context, replaced: await campaign.cloud.replaces(shop, context) };
  const remove = () => campaign.cloud.remove(refOf('project', 'p1'), texts.projectId, campaign.id, patience(), noted.replaced);
  return { twin, campaign, texts, noted, remove };
}

test('the project gets the description and the tags that it lacks, once, and they are taken back', async () => {
  const { campaign, texts, noted, remove } = await aPlace();
  expect(noted.replaced).toEqual({ description: { was: 'Empty', is: 'The shop' }, 'tag/a b': { was: null, is: 'a b' } });
  const { how, id, differences } = await campaign.cloud.ensure(shop, noted);
  expect({ how, id, differences }).toEqual({ how: 'created', id: texts.projectId, differences: { fatal: [], told: [] } });
  expect(await campaign.cloud.ensure(shop, noted)).toMatchObject({ how: 'found' });
  expect(await texts.read()).toEqual({ description: 'The shop', tags: ['web', 'theirs', 'a b'] });
  expect(await remove()).toBe(true);
  expect(await texts.read()).toEqual({ description: 'Empty', tags: ['web', 'theirs'] });
  expect(await remove()).toBe(false);
});

test('what somebody changed since stays as it is', async () => {
  const { campaign, texts, noted, remove } = await aPlace();
  await campaign.cloud.ensure(shop, noted);
  await texts.describe('Ours by now');
  await texts.tag(['web', 'later']);
  expect(await remove()).toBe(false);
  expect(await texts.read()).toEqual({ description: 'Ours by now', tags: ['web', 'later'] });
});

test('a description that changed after the ledger’s note is not written over', async () => {
  const { campaign, texts, noted, remove } = await aPlace();
  await texts.describe('Written meanwhile');
  expect((await campaign.cloud.ensure(shop, noted)).differences.told).toEqual([
    'description is "Written meanwhile", not "The shop"',
  ]);
  await remove();
  expect((await texts.read()).description).toBe('Written meanwhile');
});

test('of an answer that was lost the ledger’s note is enough to take everything back', async () => {
  const { twin, campaign, texts, noted, remove } = await aPlace();
  twin.faults.set([{ do: 'lost-answer', times: 9, match: { method: 'PATCH', path: '/projects/' } }]);
  await campaign.cloud.ensure(shop, noted).catch(() => undefined);
  twin.faults.clear();
  expect((await texts.read()).description).toBe('The shop');
  expect(await campaign.cloud.find(shop, noted)).toBe(texts.projectId);
  await remove();
  expect(await texts.read()).toEqual({ description: 'Empty', tags: ['web', 'theirs'] });
});

test('a project that has these texts is adopted, and one without texts of its own is not captured', async () => {
  const { twin, campaign, texts } = await aPlace();
  const captured = async () => {
    const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
    onTestFinished(() => source.close());
    return (await source.inventory({ servers: [] }, soon())).document.projects;
  };
  const [found] = await captured();
  expect(found).toMatchObject({ id: texts.projectId, name: 'demo', description: 'Empty', tags: ['web', 'theirs'] });
  const one = aResource('project', found);
  const context = campaign.context(one);
  const replaced = await campaign.cloud.replaces(one, context);
  expect(await campaign.cloud.ensure(one, { ...context, replaced })).toMatchObject({ how: 'adopted' });
  await texts.describe('');
  await texts.tag([]);
  expect(await captured()).toEqual([]);
});

test('a project that is not shown is told, and too many tags stop the plan that carries them', async () => {
  const { twin, campaign, texts } = await aPlace();
  await texts.tag(Array.from({ length: 80 }, (_, at) => `tag ${at}`));
  const mappings = { ...campaign.tenant.mappings, project: 'carry' as const };
  const { concerns, decisions } = await campaign.cloud.preflight([...campaign.tenant.resources, shop], mappings, soon());
  expect(concerns.filter(({ code }) => code.startsWith('project.')).map(({ code }) => code)).toEqual(['project.tag_limit']);
  expect(decisions.find(({ ref }) => ref === 'project/p1')).toMatchObject({ action: 'create' });
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'identity', path: '/projects/' } }]);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const told = await source.inventory({ servers: [] }, soon());
  const unread = told.concerns.find(({ code }) => code === 'left_behind.unread')?.says;
  expect(unread).toContain('the project’s description and tags');
});
