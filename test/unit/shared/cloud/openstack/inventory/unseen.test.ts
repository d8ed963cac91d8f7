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

test('a port’s group that belongs to another project is said, and everything else is captured', async () => {
  const { security_group: group } = await admin.ask<{ security_group: { id: string } }>('POST', 'network', '/security-groups', {
    security_group: { name: 'theirs' },
  });
  const port = await portOfServer();
  await admin.ask('PUT', 'network', `/ports/${port.id}`, { port: { security_groups: [...port.security_groups, group.id] } });

  const { concerns, document } = await captured();
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'port.group_unseen', severity: 'warning', about: `port/${port.id}` }),
  );
  expect(document.servers.map(({ id }) => id)).toEqual([await serverId()]);
  expect(document.ports.find(({ id }) => id === port.id)?.security_groups).toEqual(port.security_groups);
});

test('a rule that lets in another project’s group is said, and everything else is captured', async () => {
  const { security_group: theirs } = await admin.ask<{ security_group: { id: string } }>('POST', 'network', '/security-groups', {
    security_group: { name: 'theirs' },
  });
  const [own] = (await portOfServer()).security_groups;
  const rule = { security_group_id: own, direction: 'ingress', remote_group_id: theirs.id };
  await admin.ask('POST', 'network', '/security-group-rules', { security_group_rule: rule });

  const { concerns, document } = await captured();
  expect(concerns).toContainEqual(
    expect.objectContaining({ code: 'security_group.remote_unseen', says: expect.stringContaining(theirs.id) }),
  );
  expect(document.servers).toHaveLength(1);
});

test('a port on a network of somebody else is left out with its server, and the rest is captured', async () => {
  const { network } = await admin.ask<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: { name: 'theirs' },
  });
  await admin.ask('POST', 'network', '/subnets', { subnet: { network_id: network.id, cidr: '10.66.0.0/24', ip_version: 4 } });
  const { projectId: project_id } = await demo.session.token(AbortSignal.timeout(5000));
  const { port } = await admin.ask<{ port: { id: string } }>('POST', 'network', '/ports', {
    port: { network_id: network.id, project_id },
  });
  const interfaceAttachment = { port_id: port.id };
  await admin.ask('POST', 'compute', `/servers/${await serverId()}/os-interface`, { interfaceAttachment });

  const { concerns, document } = await captured();
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'port.need_unseen', about: `port/${port.id}` }));
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'server.need_unseen', about: `server/${await serverId()}` }));
  expect(document.networks.map(({ name }) => name)).toEqual(['net1']);
});

async function portOfServer() {
  const { ports } = await demo.ask<{ ports: { id: string; device_id: string; security_groups: string[] }[] }>(
    'GET',
    'network',
    '/ports',
  );
  const id = await serverId();
  const found = ports.find(({ device_id }) => device_id === id);
  if (found === undefined) throw new Error('the server has no port');
  return found;
}
