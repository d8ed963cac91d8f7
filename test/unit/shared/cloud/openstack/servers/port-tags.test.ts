import { expect, test } from 'vitest';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';
import { aSourceWithServers, signal } from '../a-source.ts';
import { untilStatus } from '../a-volume-server.ts';

/** A source that has a server with two interfaces, one of them with a tag. */
async function aSourceWithTags(novaMinor?: number) {
  const source = await aSourceWithServers(novaMinor === undefined ? {} : { novaMinor });
  const { hand } = source;
  const { networks } = await hand.ask<{ networks: { id: string; name: string }[] }>('GET', 'network', '/networks');
  const uuid = networks.find(({ name }) => name === 'net1')?.id;
  const { images } = await hand.ask<{ images: { id: string }[] }>('GET', 'image', '/images');
  const { flavors } = await hand.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.bare')?.id;
  const server = { name: 'router', imageRef: images[0]?.id, flavorRef, networks: [{ uuid }, { uuid, tag: 'outside' }] };
  const made = await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server });
  await untilStatus(hand, 'compute', `/servers/${made.server.id}`, 'server', 'ACTIVE');
  const captured = async () => {
    const { document, concerns } = await source.cloud.inventory({ servers: [] }, signal());
    const found = document.servers.find(({ id }) => id === made.server.id);
    return { found, unread: concerns.find(({ code }) => code === 'left_behind.unread')?.says ?? '' };
  };
  return { ...source, captured };
}

test('the tags by which a guest knows its interfaces are captured, each with its port', async () => {
  const { captured } = await aSourceWithTags();
  const { found, unread } = await captured();
  expect(Object.values(found?.port_tags ?? {})).toEqual(['outside']);
  expect(found?.ports[1]).toBe(Object.keys(found?.port_tags ?? {})[0]);
  expect(unread).not.toContain('tags of interfaces');
});

test('a cloud that does not tell the tags of interfaces is named', async () => {
  const { captured, twin } = await aSourceWithTags();
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'compute', path: '/os-interface' } }]);
  expect((await captured()).unread).toContain('tags of interfaces');
});

test('a server is built with the tags of its interfaces, and a lost one is told', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const plain = campaign.tenant.get('server');
  await campaign.ensureAll(plain);
  const [port = ''] = plain.ports;
  const server = { ...plain, port_tags: { [port]: 'outside' } };
  const { id, differences } = await campaign.ensure(server);
  expect(differences).toEqual({ fatal: [], told: [] });
  const hand = await aHand(twin);
  expect(await hand.ask('GET', 'compute', `/servers/${id}/os-interface`)).toMatchObject({
    interfaceAttachments: expect.arrayContaining([
      expect.objectContaining({ port_id: campaign.built.get(`port/${port}`)?.id, tag: 'outside' }),
    ]),
  });
  const other = { ...plain, port_tags: { [port]: 'inside' } };
  expect(await campaign.cloud.differences(other, id, campaign.context(other))).toEqual({
    fatal: [],
    told: [`port_tags is {"${port}":"outside"}, not {"${port}":"inside"}`],
  });
});
