import { expect, onTestFinished, test } from 'vitest';
import { mustBeAsCaptured } from '../../../../../sender/migration/phases/as-captured.ts';
import { OpenStackSource } from '../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand } from '../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../../../shared/cloud/openstack/a-destination.ts';
import { signal } from '../../../shared/cloud/openstack/a-source.ts';
import { untilStatus } from '../../../shared/cloud/openstack/a-volume-server.ts';

interface Made {
  readonly id: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

/** A server on a trunk, a floating IP that forwards to it, and another one that does not. */
async function aSourceWithTrunk() {
  const twin = await aFurnishedTwin();
  const hand = await aHand(twin);
  const post = async (path: string, key: string, body: object): Promise<Made> =>
    (await hand.ask<Record<string, Made>>('POST', 'network', path, { [key]: body }))[key] as Made;
  const network = (await post('/networks', 'network', { name: 'lan' })).id;
  const subnet = await post('/subnets', 'subnet', { network_id: network, cidr: '10.9.0.0/24', ip_version: 4 });
  const external = (await hand.ask<{ networks: Made[] }>('GET', 'network', '/networks?router:external=true')).networks[0]?.id;
  const router = await post('/routers', 'router', { external_gateway_info: { network_id: external } });
  await hand.ask('PUT', 'network', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const port = await aPort();
  const inner = await aPort();
  const spare = await aPort();
  const sub = ({ id }: Made, segmentation_id: number) => ({ port_id: id, segmentation_type: 'vlan', segmentation_id });
  const trunk = await post('/trunks', 'trunk', { port_id: port.id, name: 'uplink', sub_ports: [sub(inner, 44)] });
  const addresses = [await anAddress(), await anAddress()];
  const forward = (address: string | undefined, to: Made, external_port: number) =>
    post(`/floatingips/${address}/port_forwardings`, 'port_forwarding', {
      protocol: 'tcp',
      internal_port_id: to.id,
      internal_ip_address: to.fixed_ips[0]?.ip_address,
      internal_port: external_port,
      external_port,
    });
  await forward(addresses[0]?.id, port, 80);
  const serverId = await aServer(hand, port.id);
  const cloud = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  const { document } = await cloud.inventory({ servers: [serverId] }, signal());
  const [server] = document.servers;
  if (server === undefined) throw new Error('no server was captured');
  const move = { server: { kind: 'server' as const, ...server } };
  const compare = () => mustBeAsCaptured(move, { source: cloud, document, leftOut: [] }, signal());
  return { hand, compare, forward, sub, trunk, inner, spare, addresses, external, port };

  async function aPort(): Promise<Made> {
    return post('/ports', 'port', { network_id: network });
  }
  async function anAddress(): Promise<Made> {
    return post('/floatingips', 'floatingip', { floating_network_id: external });
  }
}

async function aServer(hand: Hand, port: string): Promise<string> {
  const image = await hand.store({ name: 'guest' }, Buffer.from('a guest'));
  const { flavors } = await hand.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const flavorRef = flavors.find(({ name }) => name === 'm1.bare')?.id;
  const server = { name: 'gate', imageRef: image, flavorRef, networks: [{ port }] };
  const { id } = (await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server })).server;
  await untilStatus(hand, 'compute', `/servers/${id}`, 'server', 'ACTIVE');
  return id;
}

const saying = (text: string) => ({ code: 'E_SERVER_STATE', message: expect.stringContaining(text) });

test('a VLAN that a server got on its trunk, and a changed subport, are differences', async () => {
  const { hand, compare, sub, trunk, inner, spare } = await aSourceWithTrunk();
  await compare();
  const describe = (description: string) => hand.ask('PUT', 'network', `/ports/${inner.id}`, { port: { description } });
  await describe('voice');
  await expect(compare()).rejects.toMatchObject(saying(`port ${inner.id}: description "voice" instead of ""`));
  await describe('');
  await hand.ask('PUT', 'network', `/trunks/${trunk.id}/add_subports`, { sub_ports: [sub(spare, 45)] });
  await expect(compare()).rejects.toMatchObject(saying(`port ${spare.id} is new; trunk uplink: sub_ports`));
});

test('a port forwarding that a server got or lost, and its first floating IP, are differences', async () => {
  const { hand, compare, forward, addresses, inner, port, external } = await aSourceWithTrunk();
  await compare();
  const made = await forward(addresses[1]?.id, inner, 22);
  await expect(compare()).rejects.toMatchObject(saying(':22/tcp is new'));
  await hand.ask('DELETE', 'network', `/floatingips/${addresses[1]?.id}/port_forwardings/${made.id}`);
  await compare();
  const path = `/floatingips/${addresses[0]?.id}/port_forwardings`;
  const { port_forwardings } = await hand.ask<{ port_forwardings: Made[] }>('GET', 'network', path);
  await hand.ask('DELETE', 'network', `${path}/${port_forwardings[0]?.id}`);
  await expect(compare()).rejects.toMatchObject(saying(':80/tcp is gone'));
  await hand.ask('POST', 'network', '/floatingips', { floatingip: { floating_network_id: external, port_id: port.id } });
  await expect(compare()).rejects.toMatchObject(saying('floating IP 172.24.10.'));
});
