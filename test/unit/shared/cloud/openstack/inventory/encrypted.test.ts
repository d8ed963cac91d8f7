import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

test.each([
  ['True', ['server.encrypted']],
  ['False', []],
])('a server whose flavor asks for encrypted disks (%s) blocks the plan where it does', async (value, codes) => {
  const twin = await aFurnishedTwin();
  const admin = await aHand(twin, 'admin');
  const { flavors } = await admin.ask<{ flavors: { id: string }[] }>('GET', 'compute', '/flavors');
  for (const { id } of flavors)
    await admin.ask('POST', 'compute', `/flavors/${id}/os-extra_specs`, { extra_specs: { 'hw:ephemeral_encryption': value } });
  await populate(twin.authUrl);
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => source.close());
  const { concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(concerns.filter(({ severity }) => severity === 'blocking').map(({ code }) => code)).toEqual(codes);
});
