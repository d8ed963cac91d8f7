import { expect, test } from 'vitest';
import { mustBeAsCaptured } from '../../../../../sender/migration/phases/as-captured.ts';
import { signal } from '../../../shared/cloud/openstack/a-source.ts';
import { aSourceWithVolumes, untilStatus } from '../../../shared/cloud/openstack/a-volume-server.ts';

test('a volume that was extended, or whose metadata changed, is not as it was captured', async () => {
  const { cloud, hand, data, capture } = await aSourceWithVolumes();
  const { document } = await capture();
  const [found] = document.servers;
  if (found === undefined) throw new Error('no server was captured');
  const move = { server: { kind: 'server' as const, ...found } };
  const compare = () => mustBeAsCaptured(move, { source: cloud, document, leftOut: [] }, signal());
  await compare();
  await hand.ask('POST', 'volume', `/volumes/${data}/metadata`, { metadata: { of: 'somebody' } });
  await hand.ask('POST', 'volume', `/volumes/${data}/action`, { 'os-extend': { new_size: 2 } });
  await untilStatus(hand, 'volume', `/volumes/${data}`, 'volume', 'in-use');
  await expect(compare()).rejects.toMatchObject({
    code: 'E_SERVER_STATE',
    message: expect.stringContaining(
      'volume data: size 2 instead of 1; volume data: metadata {of: "somebody"} instead of {of: "the tenant"}',
    ),
  });
});

test('a volume that another server has got since stops a server, and all that a group has is no change', async () => {
  const { cloud, capture, data } = await aSourceWithVolumes();
  const { document } = await capture();
  const [found] = document.servers;
  if (found === undefined) throw new Error('no server was captured');
  const move = { server: { kind: 'server' as const, ...found } };
  const source: typeof cloud = Object.create(cloud);
  source.recapture = async (...given) => ({
    ...(await cloud.recapture(...given)),
    holders: [{ volume: data, servers: [found.id, 'another'] }],
  });
  const compare = (servers: typeof document.servers) =>
    mustBeAsCaptured(move, { source, document: { ...document, servers }, leftOut: [] }, signal());
  await expect(compare([found])).rejects.toMatchObject({
    code: 'E_SERVER_STATE',
    message: expect.stringContaining('volume data: it is attached to another, too'),
  });
  await compare([found, { ...found, id: 'another' }]);
});

test('an interface whose port cannot be read passes only where the plan names its MAC', async () => {
  const { cloud, capture } = await aSourceWithVolumes();
  const { document } = await capture();
  const [found] = document.servers;
  if (found === undefined) throw new Error('no server was captured');
  const move = { server: { kind: 'server' as const, ...found } };
  const mac = 'fa:16:3e:00:00:01';
  const source: typeof cloud = Object.create(cloud);
  source.recapture = async (...given) => ({
    ...(await cloud.recapture(...given)),
    unseen: [{ mac, says: `10.66.0.5 (${mac}) on shared` }],
  });
  const compare = (...accept: readonly string[]) =>
    mustBeAsCaptured(
      move,
      { source, document: { ...document, mappings: { ...document.mappings, accept } }, leftOut: [] },
      signal(),
    );
  const refused = { code: 'E_SERVER_STATE', message: expect.stringContaining(`10.66.0.5 (${mac}) on shared is new`) };
  await expect(compare('server.port_unseen')).rejects.toMatchObject(refused);
  await expect(compare(`server.port_unseen server/${found.id}`)).rejects.toMatchObject(refused);
  await expect(compare(`server.port_unseen server/${found.id} fa:16:3e:00:00:02`)).rejects.toMatchObject(refused);
  await compare(`server.port_unseen server/${found.id} ${mac}`);
});
