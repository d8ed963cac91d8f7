import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Plan } from '../../sender/model/plan.ts';
import type { Concern } from '../../shared/model/concern.ts';
import { ask, cli } from '../support/daemons.ts';
import { censusOf } from '../support/shop.ts';
import { refusedBy, TwoClouds } from '../support/two-clouds.ts';

let clouds: TwoClouds;
beforeAll(async () => {
  clouds = await TwoClouds.open();
});
afterAll(() => clouds?.close());

/** Moves by a plan, and ends the way back. */
async function moveAndCommit(plan: Plan): Promise<void> {
  for (const args of [
    ['migrate', await clouds.planFile(plan)],
    ['commit', '--yes'],
  ]) {
    const { code, stdout, stderr } = await cli(clouds.sender.config, [...args, '--watch']);
    expect(code, `${stdout}${stderr}`).toBe(0);
  }
}

test('what an earlier campaign moved is left out of a project’s next plan, which moves the rest, until nothing is left', async () => {
  const servers = clouds.plan.waves[0]?.servers ?? [];
  await moveAndCommit({ ...clouds.plan, waves: [{ name: 'wave-1', servers: servers.slice(0, 1) }] });
  const file = join(clouds.dir, 'second.yaml');
  const planned = () => ask<{ concerns: Concern[] }>(clouds.sender.config, ['plan', '--project', 'shop', '-o', file]);
  const left = (await planned()).concerns.filter(({ code }) => code === 'server.moved');
  expect(left).toEqual([expect.objectContaining({ severity: 'warning', says: expect.stringContaining(servers[0]?.name ?? '') })]);
  const second = parse(await readFile(file, 'utf8')) as Plan;
  expect(second.waves.flatMap((wave) => wave.servers)).toEqual([servers[1]]);
  await moveAndCommit(second);
  const there = await censusOf(clouds.destination);
  expect(there.statuses).toEqual(['ACTIVE', 'ACTIVE']);
  expect(there.ids['keypairs']).toEqual(['operator']);
  expect((await censusOf(clouds.source)).tags).toEqual([['godwit-moved'], ['godwit-moved']]);
  expect(await refusedBy(clouds.sender, ['plan', '--project', 'shop', '-o', file])).toMatchObject({ code: 'E_NOT_FOUND' });
});
