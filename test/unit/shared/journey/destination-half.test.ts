import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundleTools } from '../../../../receiver/bundle/destination.ts';
import { openCloud } from '../../../../shared/cloud/open.ts';
import { belongingsOf } from '../../../../shared/journey/belongings.ts';
import { destinationHalf } from '../../../../shared/journey/destination-half.ts';
import { runPhases } from '../../../../shared/journey/run-phases.ts';
import { parseConfigurations } from '../../../../shared/model/configurations.ts';
import { refOf } from '../../../../shared/model/resource.ts';
import { sectionOf } from '../../../support/in-process.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1']);
});
afterAll(() => template.remove());

test('a server that an earlier release created and did not connect gets its floating IP', async () => {
  const { world, campaign } = await template.ready();
  const there = await world.openCampaign(campaign);
  const path = join(there.folder, 'configurations.json');
  const document = parseConfigurations(JSON.parse(await readFile(path, 'utf8')), path);
  const [server] = document.servers;
  if (server === undefined) throw new Error('There is a server.');
  const belongings = belongingsOf(server, document, document.mappings);
  for (const ref of belongings.floatingIps) await there.remove(ref);
  const floating = () => world.destination.user.list<{ port_id: string }>('network', '/floatingips', 'floatingips');
  expect(await floating()).toEqual([]);
  const ref = refOf('server', server.id);
  const arrival = {
    kind: 'server' as const,
    server,
    ...belongings,
    probe: undefined,
    learned: { built: { [ref]: there.built(ref) } },
  };
  const cloud = await openCloud('destination', sectionOf(world.destination));
  onTestFinished(() => cloud.close());
  await runPhases(destinationHalf, {
    done: new Set(['import', 'create']),
    recall: () => arrival,
    tools: bundleTools(there, arrival, async () => cloud, AbortSignal.timeout(30_000)),
    begin: async () => undefined,
    end: async () => undefined,
    work: (_phase, _move, _tools, piece) => piece(),
  });
  expect((await floating()).map(({ port_id }) => port_id)).toEqual(belongings.ports.map((port) => there.built(port)));
});
