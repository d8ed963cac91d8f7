import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ReceiverCampaign } from '../../../../receiver/campaign/campaign.ts';
import { Watch } from '../../../../receiver/campaign/watch.ts';
import { haveGuestsHere } from '../../../../shared/probe/unrouted.ts';
import { aDocumentJson, aFlavor, aNetwork, aResource, aServer } from '../../../support/build.ts';
import { aFolder } from '../../protocol/transport/house.ts';
import { someCampaigns } from '../session/paired-site.ts';

haveGuestsHere();

/** A listening port, which counts who connects. */
async function aPort(host: string): Promise<{ port: number; visits: () => number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, visits: () => visits };
}

/** A campaign whose document claims an address for its server. */
async function aCampaign(claimed: string): Promise<ReceiverCampaign> {
  const state = await aFolder();
  const id = randomUUID();
  const fixed_ips = [{ subnet_id: 'sub', ip_address: claimed }];
  const subnet = aResource('subnet', { id: 'sub', network_id: 'net', cidr: '127.0.0.0/8', gateway_ip: null });
  const document = aDocumentJson({
    campaign: id,
    networks: [aNetwork({ id: 'net' })],
    subnets: [subnet],
    ports: [aResource('port', { id: 'p1', network_id: 'net', device_id: 's1', fixed_ips })],
    flavors: [aFlavor({ id: 'flavor' })],
    servers: [aServer({ id: 's1', ports: ['p1'] })],
  });
  await mkdir(join(state, 'campaigns', id), { recursive: true });
  await writeFile(join(state, 'campaigns', id, 'configurations.json'), JSON.stringify(document));
  return await someCampaigns(state).open(id);
}

test('an address that only the document names is never probed', async () => {
  const { port, visits } = await aPort('127.0.0.1');
  const campaign = await aCampaign('127.0.0.1');
  campaign.watch('s1', `tcp:${port}`);
  await sleep(600);
  expect(visits()).toBe(0);
  expect(campaign.watch('s1', `tcp:${port}`)).toEqual({ address: null, ago_ms: null, samples: 0 });
});

test('the addresses that the cloud gave a built port are probed, and no others', async () => {
  const claimed = await aPort('127.0.0.1');
  const campaign = await aCampaign('127.0.0.1');
  const { server, given } = await new Promise<{ server: ReturnType<typeof createServer>; given: Promise<void> }>((resolve) => {
    let heard = (): void => undefined;
    const given = new Promise<void>((done) => {
      heard = done;
    });
    const server = createServer((socket) => {
      heard();
      socket.destroy();
    });
    server.listen(claimed.port, '127.0.0.9', () => resolve({ server, given }));
  });
  onTestFinished(() => void server.close());
  await campaign.ledger.intend('port/p1', true);
  await campaign.ledger.built('port/p1', { id: 'new', how: 'created', detail: { address: '127.0.0.8 127.0.0.9' } });
  campaign.watch('s1', `tcp:${claimed.port}`);
  await given;
  expect(claimed.visits()).toBe(0);
});

test.each(['169.254.169.254', '0.0.0.0', 'fe80::1', '::', '224.0.0.1'])(
  'nothing is probed at %s, whoever names it',
  async (address) => {
    const watch = new Watch({ probe: 'tcp:80', addresses: () => [address], isBegun: () => true });
    onTestFinished(() => watch.stop());
    await sleep(200);
    expect(watch.look().samples).toBe(0);
  },
);

test('a clock that is set back an hour makes no time since the answer negative', async () => {
  const { port } = await aPort('127.0.0.1');
  const watch = new Watch({ probe: `tcp:${port}`, addresses: () => ['127.0.0.1'], isBegun: () => true });
  onTestFinished(() => watch.stop());
  await expect.poll(() => watch.look().address).toBe('127.0.0.1');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(watch.look().ago_ms).toBeGreaterThanOrEqual(0);
});
