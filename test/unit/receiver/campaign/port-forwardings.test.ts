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
  readonly port_id: string | null;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

/** What the floating IPs without a port forward, as text. */
async function forwarded({ user }: Cloud): Promise<string[]> {
  const ports = await user.list<Listed>('network', '/ports', 'ports');
  const free = (await user.list<Listed>('network', '/floatingips', 'floatingips')).filter(({ port_id }) => port_id === null);
  const texts = free.map(async ({ id }) => {
    const path = `/floatingips/${id}/port_forwardings`;
    const all = await user.list<{ external_port: number; internal_port_id: string; description: string }>(
      'network',
      path,
      'port_forwardings',
    );
    return all.map((one) => {
      const port = ports.find((each) => each.id === one.internal_port_id);
      return `${one.external_port} to ${port?.fixed_ips[0]?.ip_address}: ${one.description}`;
    });
  });
  return (await Promise.all(texts)).flat();
}

test('a floating IP without a port, and what it forwards to a server, move with the campaign and leave with its rollback', async () => {
  const { world, sender } = await template.world();
  const { user } = world.source;
  const [external] = await user.list<Listed>('network', '/networks?router:external=true', 'networks');
  const [port] = await user.list<Listed>('network', '/ports?fixed_ips=ip_address%3D10.20.0.11', 'ports');
  const { floatingip } = await user.send<{ floatingip: Listed }>('POST', 'network', '/floatingips', {
    floatingip: { floating_network_id: external?.id, description: 'the way in' },
  });
  await user.send('POST', 'network', `/floatingips/${floatingip.id}/port_forwardings`, {
    port_forwarding: {
      protocol: 'tcp',
      external_port: 2222,
      internal_port: 22,
      internal_port_id: port?.id,
      internal_ip_address: '10.20.0.11',
      description: 'for operators',
    },
  });
  const wanted = ['2222 to 10.20.0.11: for operators'];
  expect(await forwarded(world.source)).toEqual(wanted);
  const campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  expect(await forwarded(world.destination)).toEqual(wanted);
  const there = await world.destination.user.list<{ description: string }>('network', '/floatingips', 'floatingips');
  expect(there.map(({ description }) => description).sort()).toEqual(['', 'the way in']);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await world.destination.user.list('network', '/floatingips', 'floatingips')).toEqual([]);
  expect(await forwarded(world.source)).toEqual(wanted);
});
