import { expect, test } from 'vitest';
import { Mappings, overlaid } from '../../../../../../shared/model/mappings.ts';
import { problemOf } from '../../../../../support/folder.ts';
import { aCampaign, aFurnishedTwin, type Campaign } from '../a-destination.ts';

const signal = () => AbortSignal.timeout(20_000);

/** The mappings of a campaign, with a zone for its server. */
const wanting = ({ tenant }: Campaign, availability_zone: string, id = tenant.get('server').id): Mappings => ({
  ...tenant.mappings,
  servers: { [id]: { availability_zone } },
});

async function concernsWith(campaign: Campaign, mappings: Mappings): Promise<string[]> {
  const { concerns } = await campaign.cloud.preflight(campaign.tenant.resources, mappings, signal());
  return concerns.map(({ severity, code, says }) => `${severity} ${code}: ${says}`);
}

test('a zone that is wanted must be there, and so must a host, which only an admin may name', async () => {
  const twin = await aFurnishedTwin();
  const member = await aCampaign(twin);
  expect(await concernsWith(member, wanting(member, 'nova'))).toEqual([]);
  const name = member.tenant.get('server').name;
  expect(await concernsWith(member, wanting(member, 'az-9'))).toEqual([
    `blocking zone.absent: The zone az-9, wanted for server ${name}, does not exist; there is nova.`,
  ]);
  expect(await concernsWith(member, wanting(member, 'nova:twin-compute'))).toEqual([
    `blocking zone.rights: Only an admin may choose the host twin-compute for server ${name}.`,
  ]);
  expect(await concernsWith(member, wanting(member, 'nova', 'another'))).toEqual([
    'warning zone.no_server: A zone is wanted for server another, which does not move.',
  ]);
  const admin = await aCampaign(twin, 'admin', 'demo');
  const others = (found: readonly string[]) => found.filter((concern) => concern.includes('zone.'));
  expect(others(await concernsWith(admin, wanting(admin, 'nova:twin-compute')))).toEqual([]);
  expect(others(await concernsWith(admin, wanting(admin, 'nova:rack-7')))).toEqual([
    `blocking zone.host_absent: The host rack-7, wanted for server ${name}, is not in the zone nova; there is twin-compute.`,
  ]);
});

test('a server is built where the plan wants it, and is found to differ where it is not', async () => {
  const campaign = await aCampaign(await aFurnishedTwin(), 'admin', 'demo');
  const server = campaign.tenant.get('server');
  await campaign.ensureAll(server);
  const context = (zone: string) => ({ ...campaign.context(server), mappings: wanting(campaign, zone) });
  expect(await problemOf(campaign.cloud.ensure(server, context('nova:rack-7')))).toMatchObject({
    code: 'E_SERVER_FAULT',
    message: expect.stringContaining('No valid host was found'),
  });
  expect(await problemOf(campaign.cloud.ensure(server, context('az-9')))).toMatchObject({
    code: 'E_CLOUD_REFUSED',
    message: expect.stringContaining('The requested availability zone is not available'),
  });
  const { id } = await campaign.cloud.ensure(server, context('nova:twin-compute'));
  expect(await campaign.cloud.differences(server, id, context('nova:twin-compute'))).toEqual({ fatal: [], told: [] });
  expect((await campaign.cloud.differences(server, id, context('az-9'))).told.join()).toContain('az-9');
});

test('mappings without zones stay without, a later one wins, and what is no zone is refused', () => {
  const plain = Mappings.parse({});
  expect(overlaid(plain, plain)).not.toHaveProperty('servers');
  const of = (availability_zone: string) => Mappings.parse({ servers: { s1: { availability_zone } } });
  expect(overlaid(of('a'), plain, of('b')).servers).toEqual({ s1: { availability_zone: 'b' } });
  for (const wrong of ['', 'a b', 'a:', ':host', 'a:b:c'])
    expect(Mappings.safeParse({ servers: { s1: { availability_zone: wrong } } }).success, wrong).toBe(false);
});
