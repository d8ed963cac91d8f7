import { expect, test } from 'vitest';
import { aResource } from '../../../../../conformance/tenant.ts';
import type { TwinOptions } from '../../../../../twin/twin.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

/** What is told of MTUs before the first write, of networks that the destination is to make. */
async function toldOf(mtus: readonly number[], options: Partial<TwinOptions> = {}, there?: number): Promise<string[]> {
  const twin = await aFurnishedTwin(options);
  const campaign = await aCampaign(twin);
  if (there !== undefined) {
    const hand = await aHand(twin);
    await hand.ask('POST', 'network', '/networks', { network: { name: 'there', mtu: there } });
  }
  const networks = mtus.map((mtu) => aResource('network', { id: `of-${mtu}`, name: `of ${mtu}`, mtu }));
  const { mappings } = campaign.tenant;
  const { concerns } = await campaign.cloud.preflight(networks, mappings, AbortSignal.timeout(10_000));
  return concerns.filter(({ code }) => code === 'network.mtu').map(({ severity, says }) => `${severity}: ${says}`);
}

const unknown = 'the destination has no network that tells how large its own may be';

test('an MTU that OVN’s tunnels usually leave no room for is told before the first network is made', async () => {
  expect(await toldOf([1442, 1450], { withoutExtensions: ['l3_agent_scheduler'] })).toEqual([
    `warning: Network of 1450 has an MTU of 1450; ${unknown}, usual is 1442, and it may be lowered to that.`,
  ]);
});

test('where agents route, the usual MTU is that of VXLAN', async () => {
  expect(await toldOf([1450, 1500])).toEqual([
    `warning: Network of 1500 has an MTU of 1500; ${unknown}, usual is 1450, and it may be lowered to that.`,
  ]);
});

test('a network of the destination tells more than what is usual', async () => {
  expect(await toldOf([1450], {}, 1400)).toEqual([
    "warning: Network of 1450 has an MTU of 1450; the destination's networks have at most 1400, and it may be lowered to that.",
  ]);
  expect(await toldOf([1450], { withoutExtensions: ['l3_agent_scheduler'] }, 1450)).toEqual([]);
});
