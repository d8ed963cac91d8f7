import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Plan } from '../../sender/model/plan.ts';
import type { Report } from '../../sender/report/model.ts';
import { ask, cli } from '../support/daemons.ts';
import { TwoClouds } from '../support/two-clouds.ts';

let clouds: TwoClouds;
beforeAll(async () => {
  clouds = await TwoClouds.open();
  await grow(clouds, ['db 1', 'db 2']);
});
afterAll(() => clouds?.close());

interface Made {
  readonly id: string;
  readonly name: string;
}

/** Adds servers to the shop, from the image and on the network of those that are there. */
async function grow({ source: { user } }: TwoClouds, names: readonly string[]): Promise<void> {
  const [[image], [network], flavors] = await Promise.all([
    user.list<Made>('image', '/images', 'images'),
    user.list<Made>('network', '/networks?name=front', 'networks'),
    user.list<Made>('compute', '/flavors', 'flavors'),
  ]);
  const flavorRef = flavors.find(({ name }) => name === 'm1.tiny')?.id;
  for (const name of names) {
    const server = { name, imageRef: image?.id, flavorRef, networks: [{ uuid: network?.id }] };
    await user.send('POST', 'compute', '/servers', { server });
  }
  await user.until('Building the servers', async () => {
    const servers = await user.list<{ status: string }>('compute', '/servers/detail', 'servers');
    return servers.every(({ status }) => status === 'ACTIVE') ? true : undefined;
  });
}

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(clouds.sender.config, args);
  expect(code, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

test('an order that was computed from the traffic is written into the plan, and the servers move in it', async () => {
  const file = (name: string): string => join(clouds.dir, name);
  const plan = file('plan.yaml');
  const document = file('configurations.json');
  const matrix = file('matrix.csv');
  await run('plan', '--project', 'shop', '-o', plan);
  await run('capture', '--project', 'shop', '-o', document);
  const own = await readFile(plan, 'utf8');
  const commented = own.replace(/^waves:$/m, 'waves: # as the alphabet has it');
  await writeFile(plan, commented);
  const rows = ['web 1,db 2,9000000', '-web/é,db 1,9000000', 'outside,web 1,10000'];
  await writeFile(matrix, `initiator,responder,sent_bytes\n${rows.join('\n')}\n`);
  const inputs = [matrix, '--document', document, '--plan', plan, '--parallel', '1'];
  expect(await run('analyze', ...inputs)).toContain('2 services of 4 servers');
  expect(await readFile(plan, 'utf8')).toBe(commented);
  await run('analyze', ...inputs, '--write', '--svg', file('order.svg'), '--html', file('order.html'));
  const written = await readFile(plan, 'utf8');
  expect(written).toContain('# as the alphabet has it');
  expect(written.split('\n').filter((line) => line.startsWith('#'))).toEqual(
    commented.split('\n').filter((line) => line.startsWith('#')),
  );
  const { waves } = parse(written) as Plan;
  const together = waves.map(({ servers }) => new Set(servers.map(({ name }) => name)));
  expect(together).toHaveLength(2);
  expect(together).toEqual(expect.arrayContaining([new Set(['-web/é', 'db 1']), new Set(['db 2', 'web 1'])]));
  await run('migrate', plan, '--watch');
  const { moves } = await ask<Report>(clouds.sender.config, ['report']);
  const stops = moves.map(({ server, phases }) => ({
    server,
    at: phases.find(({ name }) => name === 'stop')?.startedAt ?? '',
  }));
  const inTime = stops.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ server }) => server);
  expect(inTime).toEqual(waves.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const report = file('report.json');
  await writeFile(report, JSON.stringify(await ask<Report>(clouds.sender.config, ['report'])));
  expect(await run('analyze', ...inputs, '--history', report)).toMatch(/Earlier campaigns.*4 +1 .*Notes/s);
});
