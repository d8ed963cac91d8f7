import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

interface Groups {
  readonly security_groups: readonly { readonly id: string; readonly name: string; readonly project_id: string }[];
}

test('another project’s default group becomes a group of its own, and opens nothing of ours', async () => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const admin = await aHand(twin, 'admin');
  const { security_groups: groups } = await admin.ask<Groups>('GET', 'network', '/security-groups');
  const { projectId: theirs } = await admin.session.token(AbortSignal.timeout(5000));
  const foreign = groups.find(({ name, project_id }) => name === 'default' && project_id === theirs);
  const rule = { security_group_id: foreign?.id, direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 };
  await admin.ask('POST', 'network', '/security-group-rules', { security_group_rule: rule });
  const { ports } = await admin.ask<{ ports: { id: string; device_owner: string }[] }>('GET', 'network', '/ports');
  const port = ports.find(({ device_owner }) => device_owner.startsWith('compute:'));
  await admin.ask('PUT', 'network', `/ports/${port?.id}`, { port: { security_groups: [foreign?.id] } });

  const source = new OpenStackSource(await accessTo(twin.authUrl, 'admin'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ project: 'demo', servers: [] }, AbortSignal.timeout(15_000));
  const named = document.security_groups.filter(({ name }) => name === 'default').map(({ id }) => id);
  expect(named).not.toContain(foreign?.id);
  expect(named).toHaveLength(1);
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'security_group.foreign', about: `security_group/${foreign?.id}`, severity: 'warning' }),
  );

  const campaign = await aCampaign(twin);
  const group = document.security_groups.find(({ id }) => id === foreign?.id);
  if (group === undefined) throw new Error('the foreign group was not captured');
  expect(await campaign.ensure({ kind: 'security_group', ...group })).toMatchObject({ how: 'created' });
});

test('a project’s own groups are captured by their names, without a word', async () => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(document.security_groups.map(({ name }) => name)).toEqual(['default']);
  expect(concerns.map(({ code }) => code)).not.toContain('security_group.foreign');
});
