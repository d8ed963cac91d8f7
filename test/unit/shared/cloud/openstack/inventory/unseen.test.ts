import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand, populate } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

let twin: Twin;
let demo: Hand;
let admin: Hand;

beforeEach(async () => {
  twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  demo = await aHand(twin);
  admin = await aHand(twin, 'admin');
});

async function captured(user: 'demo' | 'admin' = 'demo') {
  const source = new OpenStackSource(await accessTo(twin.authUrl, user));
  onTestFinished(() => source.close());
  return source.inventory({ project: 'demo', servers: [] }, AbortSignal.timeout(15_000));
}

async function serverId(): Promise<string> {
  const { servers } = await demo.ask<{ servers: { id: string }[] }>('GET', 'compute', '/servers');
  return servers[0]?.id ?? '';
}

test('a server whose port belongs to another project is blocked, for it would lose the interface', async () => {
  const { network } = await admin.ask<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: { name: 'shared', shared: true },
  });
  await admin.ask('POST', 'network', '/subnets', {
    subnet: { network_id: network.id, cidr: '10.66.0.0/24', ip_version: 4 },
  });
  const { port } = await admin.ask<{ port: { id: string; mac_address: string } }>('POST', 'network', '/ports', {
    port: { network_id: network.id },
  });
  const interfaceAttachment = { port_id: port.id };
  await admin.ask('POST', 'compute', `/servers/${await serverId()}/os-interface`, { interfaceAttachment });

  const { concerns } = await captured();
  expect(concerns).toContainEqual(
    expect.objectContaining({
      code: 'server.port_unseen',
      severity: 'blocking',
      about: `server/${await serverId()}`,
      says: expect.stringContaining(port.mac_address),
    }),
  );
  const asAdmin = await captured('admin');
  expect(asAdmin.concerns.map(({ code }) => code)).not.toContain('server.port_unseen');
  expect(asAdmin.document.ports.map(({ id }) => id)).toContain(port.id);
});

test('a server all of whose ports are seen is captured without a word about them', async () => {
  const { concerns } = await captured();
  expect(concerns.map(({ code }) => code)).not.toContain('server.port_unseen');
});
