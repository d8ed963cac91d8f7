import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilState } from '../../../support/in-process.ts';
import {
  adminOf,
  failedOne,
  ShopTemplate,
  type Started,
  serversAt,
  untilFact,
  untilServers,
} from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test.each([[true], [false]])(
  'a commit commits nothing while a moved server is gone at the destination (its source is to be deleted: %s), and goes on when it is kept',
  async (deleteSource) => {
    const { world, sender, campaign } = await template.ready();
    await losesTheFirst(world.destination);
    await sender.daemon.commit({ campaign, deleteSource });
    await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
    const [status] = (await sender.daemon.status()).campaigns;
    expect(status).toMatchObject({ state: 'ready', problem: { code: 'E_SERVER_STATE' } });
    expect(status?.problem?.says).toContain('web 1 is lost at the destination');
    expect(status?.problem?.says).toContain('Nothing was committed');
    expect((await world.openCampaign(campaign)).ledger.state).toBe('completed');
    await sender.daemon.commit({ campaign, deleteSource, keep: ['web 1'] });
    await untilState(sender, 'committed');
    const other = ['-web/é', 'SHUTOFF', true] as const;
    await untilServers(world.source, [['web 1', 'SHUTOFF', false], ...(deleteSource ? [] : [other])]);
  },
);

test('a server that is lost at the destination while a commit is under way keeps its source; the others are deleted', async () => {
  const { world, sender, campaign } = await template.ready();
  world.destination.twin.faults.set([
    { do: 'delay', ms: 3_000, match: { service: 'network', method: 'DELETE', path: '/tags/' }, times: 1 },
  ]);
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilFact(sender, campaign, ({ fact, phase }) => fact === 'begun' && phase === 'commit at receiver');
  await losesTheFirst(world.destination);
  const failed = await failedOne(sender);
  expect(failed.problem).toMatchObject({
    code: 'E_SERVER_STATE',
    says: expect.stringContaining('web 1 is lost at the destination'),
  });
  await untilServers(world.source, [['web 1', 'SHUTOFF', false]]);
});

test('a server in ERROR at the destination is lost, one that its owner stopped there is not', async () => {
  const { world, sender, campaign } = await template.ready();
  const [web, other] = await serversAt(world.destination);
  const admin = await adminOf(world.destination);
  await admin.send('POST', 'compute', `/servers/${web?.id}/action`, { 'os-resetState': { state: 'error' } });
  await world.destination.user.send('POST', 'compute', `/servers/${other?.id}/action`, { 'os-stop': null });
  await untilServers(world.destination, [
    ['web 1', 'ERROR', false],
    ['-web/é', 'SHUTOFF', false],
  ]);
  await sender.daemon.commit({ campaign, deleteSource: true });
  await untilFact(sender, campaign, ({ fact, problem }) => fact === 'rests' && problem !== undefined);
  await sender.daemon.commit({ campaign, deleteSource: true, keep: ['web 1'] });
  await untilState(sender, 'committed');
  await untilServers(world.source, [['web 1', 'SHUTOFF', false]]);
});

/** The owner deletes the first server of the shop. */
async function losesTheFirst(cloud: Started['world']['destination']): Promise<void> {
  const [web] = await serversAt(cloud);
  await cloud.user.send('DELETE', 'compute', `/servers/${web?.id}`);
  await untilServers(cloud, [['-web/é', 'ACTIVE', false]]);
}
