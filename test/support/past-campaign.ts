import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Fact } from '../../sender/migration/fact.ts';
import { itinerary } from '../../sender/migration/itinerary.ts';
import { aPlan, aTenant } from './build.ts';

/**
 * Writes the folder of a campaign of so many servers that was committed, as a sender leaves it that
 * notes nothing beside; returns its id.
 */
export async function writePastCampaign(state: string, servers: number, minute = 0): Promise<string> {
  const id = randomUUID();
  const document = aTenant(servers, id);
  const facts: Fact[] = [
    { fact: 'started', project: 'shop', release: '0.0.0', servers: document.servers.map((server) => server.id) },
    { fact: 'asked', wish: 'run' },
    ...document.servers.flatMap(({ id: server }) =>
      itinerary.flatMap(({ name: phase }): Fact[] => [
        { fact: 'begun', server, phase },
        { fact: 'done', server, phase },
      ]),
    ),
    { fact: 'asked', wish: 'commit', deleteSource: false },
    { fact: 'rests', state: 'committed' },
  ];
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const folder = join(state, 'campaigns', id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'plan.yaml'), stringify(aPlan(document)));
  await writeFile(join(folder, 'configurations.json'), JSON.stringify(document));
  await writeFile(join(folder, 'journal.jsonl'), facts.map((fact) => `${JSON.stringify({ at, ...fact })}\n`).join(''));
  return id;
}
