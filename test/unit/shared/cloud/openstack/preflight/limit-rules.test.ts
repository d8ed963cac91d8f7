import { expect, test } from 'vitest';
import type { Resource, ResourceOf } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, type Campaign } from '../a-destination.ts';

async function codes(campaign: Campaign, resources: readonly Resource[]): Promise<string[]> {
  const { concerns } = await campaign.cloud.preflight(resources, campaign.tenant.mappings, AbortSignal.timeout(10_000));
  return concerns.map(({ severity, code }) => `${severity} ${code}`);
}

const many = (count: number, one: (index: number) => string): string[] => Array.from({ length: count }, (_, index) => one(index));
const metadata = (count: number) => Object.fromEntries(many(count, (index) => `key-${index}`).map((key) => [key, 'x']));
const tags = (count: number) => many(count, (index) => `tag-${index}`);

test.each<[what: string, server: Partial<ResourceOf<'server'>>, code: string | null]>([
  ['48 tags beside ours', { tags: tags(48) }, null],
  ['49 tags beside ours', { tags: tags(49) }, 'server.tags'],
  ['a tag with a comma', { tags: ['a,b'] }, 'server.tag_refused'],
  ['a tag of 61 characters', { tags: ['x'.repeat(61)] }, 'server.tag_refused'],
  ['as many metadata items as the quota has', { metadata: metadata(128) }, null],
  ['more metadata items than the quota has', { metadata: metadata(129) }, 'server.metadata'],
  ['a metadata key with a slash', { metadata: { 'a/b': 'x' } }, 'server.metadata_refused'],
  ['a metadata value of 256 characters', { metadata: { a: 'x'.repeat(256) } }, 'server.metadata_refused'],
  ['a name with a blank at its end', { name: 'web ' }, 'server.name_refused'],
  ['a name with a line break', { name: 'web\n1' }, 'server.name_refused'],
  ['a name with a no-break space in its middle', { name: 'web\u00a01' }, null],
  ['no name', { name: '' }, 'server.name_refused'],
  ['a description of 256 characters', { description: 'x'.repeat(256) }, 'server.description_size'],
  ['65,535 characters of user data', { user_data: 'x'.repeat(65_535) }, null],
  ['65,536 characters of user data', { user_data: 'x'.repeat(65_536) }, 'server.user_data_size'],
])('a server with %s is found before the first write, or not at all', async (_what, server, code) => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const [first] = campaign.tenant.resources.filter(({ kind }) => kind === 'server');
  const resources = campaign.tenant.resources.map((one) => (one === first ? ({ ...one, ...server } as Resource) : one));
  expect(await codes(campaign, resources)).toEqual(code === null ? [] : [`blocking ${code}`]);
});

test('what the rules let pass is built', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  const full = { ...server, tags: tags(48), metadata: metadata(128), user_data: 'x'.repeat(65_532) };
  const { id } = await campaign.ensure(full);
  expect(await campaign.cloud.differences(full, id, campaign.context(full))).toEqual({ fatal: [], told: [] });
});

test.each([
  ['ops key_1', []],
  ['ops@example.com', []],
  ['ops/key', ['blocking keypair.name']],
])('a keypair named %s is found before the first write where Nova refuses it', async (name, found) => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const resources = campaign.tenant.resources.map((one) => (one.kind === 'keypair' ? { ...one, name } : one));
  expect(await codes(campaign, resources)).toEqual(found);
});
