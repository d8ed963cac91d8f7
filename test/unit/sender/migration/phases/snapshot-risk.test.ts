import { expect, test } from 'vitest';
import type { Tools } from '../../../../../sender/migration/phase.ts';
import { copyRound } from '../../../../../sender/migration/phases/precopy.ts';
import { mustOutliveSnapshots } from '../../../../../sender/migration/phases/snapshot-risk.ts';
import { stop } from '../../../../../sender/migration/phases/stop.ts';
import { signal } from '../../../shared/cloud/openstack/a-source.ts';
import { aSourceWithVolumes } from '../../../shared/cloud/openstack/a-volume-server.ts';

/** A server with volumes that was captured; then Cinder tells no longer how they are attached. */
async function aRiskyServer(...accept: readonly string[]) {
  const { cloud, twin, serverId, capture } = await aSourceWithVolumes();
  const { document: captured } = await capture();
  const document = { ...captured, mappings: { ...captured.mappings, accept: accept.map((one) => one.replace('ID', serverId)) } };
  const [server] = document.servers;
  if (server === undefined) throw new Error('no server was captured');
  const move = {
    server: { kind: 'server', ...server },
    disks: document.disks.map((disk) => ({ kind: 'disk', ...disk })),
    attempt: 1,
  } as unknown as Parameters<typeof stop>[0];
  const tools = {
    source: cloud,
    document,
    leftOut: [],
    campaign: 'c',
    rounds: { of: () => [] },
    stops: { isAsked: () => false, ask: async () => undefined },
    options: { stop_timeout_seconds: 10 },
    signal: signal(),
  } as unknown as Tools;
  await mustOutliveSnapshots(move, tools);
  twin.faults.set([{ do: 'status', status: 403, match: { service: 'volume', path: '/attachments/' } }]);
  return { cloud, twin, move, tools, serverId };
}

const refused = { code: 'E_SERVER_STATE', message: expect.stringContaining('a snapshot may cost it its disk by now') };

test('a server whose volumes a snapshot may cost it by now is not stopped', async () => {
  const { cloud, move, tools, serverId } = await aRiskyServer();
  await expect(stop(move, tools)).rejects.toMatchObject(refused);
  expect(await cloud.state(serverId, signal())).toMatchObject({ power: 'running' });
});

test('no snapshot of it is made for a round while it runs', async () => {
  const { twin, move, tools } = await aRiskyServer();
  await expect(copyRound(move, tools)).rejects.toMatchObject(refused);
  expect(twin.requests.filter(({ method, path }) => method === 'POST' && path.includes('/snapshots'))).toEqual([]);
});

test('a plan that accepts it stops the server all the same', async () => {
  const { cloud, move, tools, serverId } = await aRiskyServer('server.volume_snapshot server/ID');
  await stop(move, tools);
  expect(await cloud.state(serverId, signal())).toMatchObject({ power: 'stopped' });
});
