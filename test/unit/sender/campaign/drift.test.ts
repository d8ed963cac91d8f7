import { afterAll, beforeAll, expect, test } from 'vitest';
import { unforeseen } from '../../../../sender/campaign/drift.ts';
import type { Fact } from '../../../../sender/migration/fact.ts';
import { mappedFlavorConcerns } from '../../../../shared/cloud/openstack/preflight/mapped-flavor.ts';
import { withAccepted } from '../../../../shared/model/accepted.ts';
import { Mappings } from '../../../../shared/model/mappings.ts';
import { aFlavor } from '../../../support/build.ts';
import { beginMigration, type Cloud, type SenderLife, untilState } from '../../../support/in-process.ts';
import { act, adminOf, failedOne, order, ShopTemplate, serversAt } from '../../../support/shop-world.ts';

interface ListedFlavor {
  readonly id: string;
  readonly name: string;
  readonly ram: number;
  readonly vcpus: number;
  readonly disk: number;
}

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['other', 'changed']);
});
afterAll(() => template.remove());

test('a server whose flavor changed at the destination waits for a person, item by item, and the others go on', async () => {
  const { world, sender } = await template.world();
  const flavorRef = await anotherFlavor(world.source);
  await anotherFlavor(world.destination);
  await resize(world.source, 'other', flavorRef);
  world.source.twin.faults.set([{ do: 'status', status: 400, match: { method: 'POST', body: 'os-stop' } }]);
  const campaign = await beginMigration(sender);
  await failedOne(sender);
  world.source.twin.faults.clear();
  const admin = await adminOf(world.destination);
  const [flavor] = (await admin.list<ListedFlavor>('compute', '/flavors/detail', 'flavors')).filter(
    ({ name }) => name === 'm1.tiny',
  );
  await admin.send('POST', 'compute', `/flavors/${flavor?.id}/os-extra_specs`, { extra_specs: { 'hw:cpu_policy': 'shared' } });
  const resumed = async () => {
    const before = await restsOf(sender, campaign);
    await sender.daemon.resume({ campaign });
    await expect.poll(() => restsOf(sender, campaign), { timeout: 30_000 }).toBeGreaterThan(before);
    const { moves } = await failedOne(sender);
    return moves
      .map(({ name, state, problem }) => `${name} ${state} ${problem?.code ?? ''} ${problem?.says ?? ''}`.trim())
      .sort();
  };
  const changed = /^changed failed E_DRIFT The destination changed since the plan of changed was checked: .*hw:cpu_policy/;
  expect(await resumed()).toEqual([expect.stringMatching(changed), 'other moved']);
  // What is gone is not accepted by asking again.
  await admin.send('DELETE', 'compute', `/flavors/${flavor?.id}`);
  const gone = [expect.stringMatching(/^changed failed E_DRIFT .*m1\.tiny/), 'other moved'];
  expect(await resumed()).toEqual(gone);
  expect(await resumed()).toEqual(gone);
  // What only changed was told before, and is accepted by asking again.
  const made = await admin.send<{ flavor: ListedFlavor }>('POST', 'compute', '/flavors', {
    flavor: { name: 'm1.tiny', ram: flavor?.ram, vcpus: flavor?.vcpus, disk: flavor?.disk },
  });
  await admin.send('POST', 'compute', `/flavors/${made.flavor.id}/os-extra_specs`, {
    extra_specs: { 'hw:cpu_policy': 'shared' },
  });
  await sender.daemon.resume({ campaign });
  await untilState(sender, 'ready');
});

test('what a plan accepts is no change of the destination, however much of it is left, and what it does not accept is', () => {
  const sizes = { vcpus: 1, ram: 128, disk: 1 };
  const extra_specs = { 'pci_passthrough:alias': 'gpu:1' };
  const flavor = aFlavor({ id: 'f', ...sizes, ephemeral: 5, swap: 512, extra_specs });
  const said = (ephemeral: number, swap: number, specs: Readonly<Record<string, string>> = extra_specs) => {
    const other = { id: 'there', name: 'there', ...sizes, 'OS-FLV-EXT-DATA:ephemeral': ephemeral, swap, extra_specs: specs };
    return mappedFlavorConcerns(flavor, other as unknown as Parameters<typeof mappedFlavorConcerns>[1]);
  };
  const accept = ['flavor.hardware flavor/f ephemeral', 'flavor.hardware flavor/f swap'];
  const mappings = Mappings.parse({ accept });
  const before = withAccepted(said(0, 0), mappings);
  expect(before.map(({ severity }) => severity)).not.toContain('blocking');
  expect(unforeseen(said(0, 0), before, mappings)).toEqual([]);
  expect(unforeseen(said(0, 512), before, mappings)).toEqual([]);
  expect(unforeseen(said(5, 512), before, mappings)).toEqual([]);
  const [lost] = unforeseen(said(0, 0, {}), before, mappings);
  expect(lost).toMatchObject({ code: 'flavor.hardware', severity: 'blocking', says: expect.stringContaining('pci_passthrough') });
});

async function restsOf({ daemon }: SenderLife, campaign: string): Promise<number> {
  const facts = (await daemon.log({ campaign })) as Fact[];
  return facts.filter(({ fact }) => fact === 'rests').length;
}

async function resize(cloud: Cloud, wanted: string, flavorRef: string): Promise<void> {
  const named = async () => (await serversAt(cloud)).find(({ name }) => name === wanted);
  await order(cloud, await named(), 'resize', { flavorRef });
  await expect.poll(async () => (await named())?.status, { timeout: 20_000 }).toBe('VERIFY_RESIZE');
  await act(cloud, await named(), 'confirmResize', 'ACTIVE');
}

/** Makes a second flavor of the same size, and returns its id. */
async function anotherFlavor(cloud: Cloud): Promise<string> {
  const admin = await adminOf(cloud);
  const body = { flavor: { name: 'm1.other', ram: 128, vcpus: 1, disk: 1 } };
  return (await admin.send<{ flavor: { id: string } }>('POST', 'compute', '/flavors', body)).flavor.id;
}
