import { expect, test } from 'vitest';
import { aFlavor, aNetwork, anExternalNetwork, anImage, aServer, whenStatus } from './a-tenant.ts';
import { aTwin, login, microversion, until } from './a-twin.ts';

test('a tenant is built, a server stopped, snapshot and rebuilt from its snapshot with the same address and MAC', async () => {
  const twin = await aTwin({ guest: true });
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  const flavor = await aFlavor(admin);
  const external = await anExternalNetwork(admin);
  const network = await aNetwork(demo, 'net1', '192.168.50.0/24');
  const router = (
    await demo.ask('POST', '/network/v2.0/routers', {
      router: { name: 'r1', external_gateway_info: { network_id: external.id } },
    })
  ).textAt('router.id');
  const added = await demo.ask('PUT', `/network/v2.0/routers/${router}/add_router_interface`, { subnet_id: network.subnetId });
  expect(added.status, added.text).toBe(200);
  const image = await anImage(demo, Buffer.alloc(65536, 'boot'));
  const port = await demo.ask('POST', '/network/v2.0/ports', {
    port: { network_id: network.id, fixed_ips: [{ ip_address: '192.168.50.77' }] },
  });
  const mac = port.textAt('port.mac_address');
  const server = await aServer(demo, image, flavor, { networks: [{ port: port.textAt('port.id') }], key_name: null });
  const shown = await demo.ask('GET', `/compute/v2.1/servers/${server}`);
  expect(shown.at('server.addresses.net1.0.addr')).toBe('192.168.50.77');
  expect(shown.at('server.addresses.net1.0.OS-EXT-IPS-MAC:mac_addr')).toBe(mac);
  const floating = await demo.ask('POST', '/network/v2.0/floatingips', {
    floatingip: { floating_network_id: external.id, port_id: port.textAt('port.id') },
  });
  expect(floating.status, floating.text).toBe(201);

  expect((await demo.ask('POST', `/compute/v2.1/servers/${server}/action`, { 'os-stop': null })).status).toBe(202);
  await whenStatus(demo, server, 'SHUTOFF');
  const taken = await demo.ask(
    'POST',
    `/compute/v2.1/servers/${server}/action`,
    { createImage: { name: 'snap' } },
    microversion('2.45'),
  );
  const snapshot = taken.textAt('image_id');
  await until(
    () => demo.ask('GET', `/image/v2/images/${snapshot}`),
    (reply) => reply.at('status') === 'active',
  );
  await whenStatus(demo, server, 'SHUTOFF');
  expect((await demo.ask('DELETE', `/compute/v2.1/servers/${server}`)).status).toBe(204);
  await until(
    () => demo.ask('GET', `/compute/v2.1/servers/${server}`),
    (reply) => reply.status === 404,
  );
  // The port was given, so it outlives its server.
  const again = await aServer(demo, snapshot, flavor, { networks: [{ port: port.textAt('port.id') }] });
  const output = await demo.ask('POST', `/compute/v2.1/servers/${again}/action`, { 'os-getConsoleOutput': {} });
  expect(output.textAt('output')).toContain(`ip=192.168.50.77 mac=${mac} boots=2`);
});
