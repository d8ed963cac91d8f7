import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { mustBuildHere, notePlace } from '../../../../receiver/campaign/place.ts';
import { receiverProgram } from '../../../../receiver/cli/program.ts';
import { place } from '../../../../receiver/control/commands/places.ts';
import type { ReceiverContext } from '../../../../receiver/control/context.ts';
import { runProgram } from '../../../../shared/cli/program.ts';
import { openCloud } from '../../../../shared/cloud/open.ts';
import { serveControl } from '../../../../shared/control/serve.ts';
import { parseConfigurations } from '../../../../shared/model/configurations.ts';
import { sectionOf } from '../../../support/in-process.ts';
import { aDocument } from '../../../support/protocol.ts';
import { aRecordingOutput } from '../../../support/recording-output.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';
import { refusalOf } from '../session/paired-site.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web-1']);
});
afterAll(() => template.remove());

test('a campaign of an earlier release whose owner removed all of it by hand is ended by the word of an operator', async () => {
  const { world } = await template.world();
  const { user } = world.destination;
  const id = randomUUID();
  const campaign = await world.openCampaign(id);
  const networks = ['n1', 'n2'].map((name) => ({ id: name, name }));
  await campaign.configure(parseConfigurations({ ...aDocument(), campaign: id, networks }), () => undefined);
  for (const { id: network } of networks)
    await user.send('DELETE', 'network', `/networks/${campaign.built(`network/${network}`)}`);
  // Earlier releases did not note where a campaign builds.
  await rm(join(campaign.folder, 'place.json'));
  const kept = async () => (await campaign.removeAll()).kept.map(({ why }) => why);
  expect(await kept()).toEqual([1, 2].map(() => expect.stringContaining('nothing that this campaign built is there')));
  const cloud = await openCloud('destination', sectionOf(world.destination));
  const campaigns = { ids: async () => [id], known: async () => campaign };
  const context = { campaigns, cloud: async () => cloud } as unknown as ReceiverContext;
  const run = await aCommandLine(context, id);
  const here = await cloud.place?.(AbortSignal.timeout(10_000));
  const effect = `Let the campaign ${id} build and remove in ${here}. Of what it built there 2 are gone: network/n1, network/n2.`;
  expect(await run('n')).toContain(effect);
  expect(await run()).toContain(effect);
  expect(await kept()).toHaveLength(2);
  expect(await run('y')).toContain(`Campaign ${id} builds in ${here}.`);
  expect(await kept()).toEqual([]);
  expect(campaign.ledger.standing).toBe('removed');
  await cloud.close();
});

test('where another place is noted, the hint names no command that refuses there', async () => {
  const { world } = await template.world();
  const { folder } = await world.openCampaign(randomUUID());
  await mustBuildHere(folder, 'project 1', () => []);
  for (const refused of [mustBuildHere(folder, 'project 2', () => []), notePlace(folder, 'project 2')]) {
    const { says, hint } = await refusalOf(refused);
    expect(says).toBe('The credentials lead to project 2, and this campaign builds in project 1.');
    expect(hint).toContain('no command lets it go on or end in another one');
    expect(hint).not.toContain('receiver place');
  }
});

/** The command line of a receiver that runs `place` for the campaign; an answer is a person's. */
async function aCommandLine(context: ReceiverContext, campaign: string) {
  const home = await mkdtemp(join(tmpdir(), 'godwit-place-'));
  const file = join(home, 'receiver.yaml');
  await writeFile(file, `state: ${home}\ncloud: {settings: {cloud: a}}\n`);
  const server = await serveControl(join(home, 'control.sock'), { place }, context, pino({ level: 'silent' }));
  onTestFinished(async () => {
    await server.close();
    await rm(home, { recursive: true, force: true });
  });
  return async (answer?: string): Promise<string> => {
    const output = aRecordingOutput();
    const asked = answer === undefined ? {} : { answer: async () => answer };
    const program = receiverProgram({ output, signal: AbortSignal.timeout(30_000), ...asked });
    await runProgram(program, ['place', campaign, '--config', file], output);
    process.exitCode = undefined;
    return [...output.err, ...output.out].join('');
  };
}
