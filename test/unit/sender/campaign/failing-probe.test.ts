import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../../../sender/model/plan.ts';
import { untilState } from '../../../support/in-process.ts';
import { failedOne, ShopTemplate, serversAt } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

/** The plan with a probe of `web 1` whose words no console says. */
function probed(text: string): string {
  const { waves, options, ...plan } = parse(text) as Plan;
  const probing = waves.map(({ servers, ...wave }) => ({
    ...wave,
    servers: servers.map((server) => (server.name === 'web 1' ? { ...server, probe: 'console:never said' } : server)),
  }));
  return stringify({ ...plan, options: { ...options, probe_timeout_seconds: 1 }, waves: probing });
}

test('a new server that does not pass its probe is taken back, the old one runs again, and the others arrive', async () => {
  const { world, sender, campaign } = await template.started(probed);
  const failed = await failedOne(sender);
  expect(failed.problem).toMatchObject({ code: 'E_UNHEALTHY', hint: expect.stringContaining('is taken back') });
  expect(Object.fromEntries(failed.moves.map(({ name, state }) => [name, state]))).toEqual({
    '-web/é': 'moved',
    'web 1': 'failed',
  });
  expect((await serversAt(world.destination)).map(({ name }) => name)).toEqual(['-web/é']);
  expect((await serversAt(world.source)).map(({ name, status }) => [name, status])).toEqual([
    ['web 1', 'ACTIVE'],
    ['-web/é', 'SHUTOFF'],
  ]);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await serversAt(world.destination)).toEqual([]);
});
