import { expect, test } from 'vitest';
import type { ResourceOf } from '../../../../../../shared/model/resource.ts';
import { aResource } from '../../../../../support/build.ts';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';
import { signal } from '../a-source.ts';

type Server = ResourceOf<'server'>;

const texts: readonly (readonly [string, Partial<Server>])[] = [
  ['name', { name: 'web 🐦' }],
  ['description', { description: 'for the 🐦' }],
  ['tags', { tags: ['plain', '🐦'] }],
  ['metadata', { metadata: { for: 'the 🐦' } }],
  ['name and metadata', { name: '🐦', metadata: { of: '🐦' } }],
];

test.each(texts)('an emoji in the %s of a server is told before its stop, for a cloud may refuse it', async (field, fields) => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const { resources, mappings } = campaign.tenant;
  const told = async (): Promise<string[]> => {
    const { concerns } = await campaign.cloud.preflight(changed, mappings, signal());
    return concerns.filter(({ code }) => code === 'server.name').map(({ says }) => says);
  };
  let changed = resources;
  expect(await told()).toEqual([]);
  const { id } = campaign.tenant.get('server');
  changed = resources.map((one) => (one.kind === 'server' && one.id === id ? { ...one, ...fields } : one));
  expect(await told()).toEqual([expect.stringContaining(`is in its ${field};`)]);
});

test('an emoji in the description of a rule is told as well', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const { resources, mappings } = campaign.tenant;
  const { id } = campaign.tenant.get('security_group_rule');
  const changed = resources.map((one) => (one.id === id ? { ...one, description: 'let 🐦 in' } : one));
  const { concerns } = await campaign.cloud.preflight(changed, mappings, signal());
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'security_group_rule.name', about: `security_group_rule/${id}` }),
  );
});

test.each([
  ['name', 'qos_policy', { name: 'slow 🐦' }],
  ['name', 'address_scope', { name: '🐦' }],
  ['properties', 'image', { disk_id: 'i.image', disk_format: 'raw', container_format: 'bare', properties: { of: '🐦' } }],
] as const)('an emoji in the %s of a %s is told as well', async (_field, kind, fields) => {
  const campaign = await aCampaign(await aFurnishedTwin(), 'admin');
  const one = aResource(kind, { id: 'i', ...fields });
  const { concerns } = await campaign.cloud.preflight([one], campaign.tenant.mappings, signal());
  expect(concerns.map(({ code, about }) => `${code} ${about}`)).toContain(`${kind}.name ${kind}/i`);
});
