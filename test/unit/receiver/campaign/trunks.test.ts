import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginMigration, type Cloud, untilState } from '../../../support/in-process.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly device_id: string;
  readonly sub_ports: readonly { readonly port_id: string; readonly segmentation_id: number }[];
  readonly port_id: string;
  readonly mac_address: string;
}

/** The trunks of a project, as text that is the same on both clouds. */
async function trunksOf({ user }: Cloud): Promise<string[]> {
  const ports = await user.list<Listed>('network', '/ports', 'ports');
  const servers = await user.list<Listed>('compute', '/servers', 'servers');
  const port = (id: string) => ports.find((one) => one.id === id);
  return (await user.list<Listed>('network', '/trunks', 'trunks')).map(({ name, port_id, sub_ports }) => {
    const vlans = sub_ports.map((one) => `${one.segmentation_id} ${port(one.port_id)?.mac_address}`);
    const server = servers.find(({ id }) => id === port(port_id)?.device_id);
    return `${name} of ${server?.name}: ${port(port_id)?.mac_address}, ${vlans.join()}`;
  });
}

test('a server moves with its trunk and the ports on it, and its rollback removes all of them', async () => {
  const { world, sender } = await template.world();
  const { user } = world.source;
  const [network] = await user.list<Listed>('network', '/networks?name=front', 'networks');
  const makePort = async (mac_address: string): Promise<string> =>
    (await user.send<{ port: Listed }>('POST', 'network', '/ports', { port: { network_id: network?.id, mac_address } })).port.id;
  const port_id = await makePort('fa:16:3e:20:00:50');
  const sub_ports = [{ port_id: await makePort('fa:16:3e:20:00:51'), segmentation_type: 'vlan', segmentation_id: 7 }];
  await user.send('POST', 'network', '/trunks', { trunk: { name: 'uplink', port_id, sub_ports } });
  const [image] = await user.list<Listed>('image', '/images', 'images');
  const flavors = await user.list<Listed>('compute', '/flavors', 'flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.tiny')?.id;
  const server = { name: 'gate', imageRef: image?.id, flavorRef, networks: [{ port: port_id }] };
  await user.send('POST', 'compute', '/servers', { server });
  await user.until('Building the server', async () => {
    const servers = await user.list<{ status: string }>('compute', '/servers/detail', 'servers');
    return servers.every(({ status }) => status === 'ACTIVE') ? true : undefined;
  });
  const wanted = ['uplink of gate: fa:16:3e:20:00:50, 7 fa:16:3e:20:00:51'];
  expect(await trunksOf(world.source)).toEqual(wanted);
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  expect(await trunksOf(world.destination)).toEqual(wanted);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await trunksOf(world.destination)).toEqual([]);
  const left = await world.destination.user.list<Listed>('network', '/ports?mac_address=fa:16:3e:20:00:51', 'ports');
  expect(left).toEqual([]);
  expect(await trunksOf(world.source)).toEqual(wanted);
});
