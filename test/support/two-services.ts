import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../sender/model/plan.ts';
import type { MoveReport, Report } from '../../sender/report/model.ts';
import { ask, cli } from './daemons.ts';
import { flawsOfMove, openSite, planWhole, type Site, takeBack, until } from './site.ts';

/**
 * Two services of web, application and database, named so that the alphabet takes from both in
 * turn.
 */
export const services: readonly { readonly name: string; readonly servers: readonly string[] }[] = [
  { name: 'mail', servers: ['ash', 'cedar', 'elm'] },
  { name: 'shop', servers: ['birch', 'dogwood', 'fir'] },
];

const diskBytes = 1024 * 1024;

/** How servers move: so many at once, in waves of so many; copied beforehand or not. */
export interface Way {
  readonly name: string;
  readonly parallel: number;
  readonly waveSize: number;
  readonly mode: 'cold' | 'warm';
}

/** The modes that are compared; random orders have the same limits as the proposed one. */
export const ways: readonly Way[] = [
  { name: 'one after the other', parallel: 1, waveSize: 6, mode: 'cold' },
  { name: '3 at once, in waves of 3', parallel: 3, waveSize: 3, mode: 'cold' },
  { name: '3 at once, in waves of 3, warm', parallel: 3, waveSize: 3, mode: 'warm' },
];

/** An order: names of servers, wave by wave. */
export type Waves = readonly (readonly string[])[];

/** What a campaign took, by its report. Seconds. */
export interface Taken {
  readonly report: Report;
  readonly waves: Waves;
  /** Mean over the services of the time from the first server going down until all are up. */
  readonly downtime: number;
  readonly services: readonly number[];
  readonly servers: readonly { readonly before: number; readonly down: number }[];
}

/** Two daemons between two embedded clouds with delays, and the traffic of two services. */
export class TwoServices {
  readonly #site: Site;
  readonly #plan: string;
  readonly #inputs: readonly string[];

  private constructor(site: Site, inputs: readonly string[]) {
    this.#site = site;
    this.#plan = join(site.dir, 'plan.yaml');
    this.#inputs = inputs;
  }

  static async open(pace: number): Promise<TwoServices> {
    const diskOf = (name: string): Buffer => createHash('shake256', { outputLength: diskBytes }).update(name).digest();
    const site = await openSite({ pace, diskOf, servers: services.flatMap(({ servers }) => servers) });
    const file = (name: string): string => join(site.dir, name);
    const document = file('configurations.json');
    const flows = file('flows.csv');
    const traffic = file('traffic.json');
    await run(site, 'capture', '--project', 'shop', '-o', document);
    const talk = services.flatMap(({ servers: [web, app, db] }) => [
      `outside,${web},443,500000`,
      `${web},${app},8080,1000000`,
      `${app},${db},5432,5000000`,
    ]);
    await writeFile(flows, ['initiator,responder,port,sent_bytes', ...talk, 'cedar,dogwood,25,9000', ''].join('\n'));
    await run(site, 'observe', '--document', document, '--csv', flows, '-o', traffic);
    return new TwoServices(site, [traffic, '--document', document]);
  }

  close(): Promise<void> {
    return this.#site.endings.run();
  }

  /** The order that `sender analyze` writes into a plan. */
  async proposed(way: Way): Promise<Waves> {
    await this.#write(way, null);
    const limits = ['--parallel', String(way.parallel), '--wave-servers', String(way.waveSize)];
    await run(this.#site, 'analyze', ...this.#inputs, '--plan', this.#plan, ...limits, '--write');
    const { waves } = parse(await readFile(this.#plan, 'utf8')) as Plan;
    return waves.map(({ servers }) => servers.map(({ name, id }) => name ?? id));
  }

  /** Moves all six servers in an order, checks them, rolls back, and returns the report's times. */
  async move(way: Way, waves: Waves): Promise<Taken> {
    await this.#write(way, waves);
    const { campaign } = await ask<{ campaign: string }>(this.#site.sender.config, ['migrate', this.#plan]);
    await until(this.#site, campaign, 'ready', 180_000);
    const report = await ask<Report>(this.#site.sender.config, ['report', campaign]);
    const { moves } = report;
    assert.equal(moves.filter(({ state }) => state === 'moved').length, 6);
    assert.deepEqual(await flawsOfMove(this.#site), []);
    assert.deepEqual(await takeBack(this.#site, campaign), []);
    const spans = moves.map((move) => ({ name: move.name, ...spanOf(move) }));
    const downtimes = services.map(({ servers }) => {
      const own = spans.filter(({ name }) => servers.includes(name));
      return (Math.max(...own.map(({ upMs }) => upMs)) - Math.min(...own.map(({ downMs }) => downMs))) / 1000;
    });
    return {
      report,
      waves,
      services: downtimes,
      downtime: downtimes.reduce((sum, one) => sum + one, 0) / downtimes.length,
      servers: spans.map(({ beganMs, downMs, upMs }) => ({ before: (downMs - beganMs) / 1000, down: (upMs - downMs) / 1000 })),
    };
  }

  async #write({ parallel, mode }: Way, waves: Waves | null): Promise<void> {
    const plan = parse(await readFile(await planWhole(this.#site), 'utf8')) as Plan;
    const all = plan.waves.flatMap(({ servers }) => servers);
    const named = waves?.map((names, index) => ({
      name: `wave-${index + 1}`,
      servers: names.flatMap((name) => all.find((server) => server.name === name) ?? []),
    }));
    // Small only when nothing differed: a warm server passes two rounds.
    const options = { ...plan.options, parallel, mode, round_threshold_mib: 0 };
    await writeFile(this.#plan, stringify({ ...plan, options, waves: named ?? plan.waves }));
  }
}

async function run(site: Site, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await cli(site.sender.config, args);
  assert.equal(code, 0, `${stdout}${stderr}`);
}

/** When a server was first looked at, went down, and was up again. */
function spanOf({ phases }: MoveReport): { beganMs: number; downMs: number; upMs: number } {
  const at = (name: string): readonly [number, number] => {
    const phase = phases.find((one) => one.name === name);
    if (phase === undefined) throw new Error(`The report has no ${name}.`);
    return [Date.parse(phase.startedAt), Date.parse(phase.startedAt) + phase.ms];
  };
  return { beganMs: at('look')[0], downMs: at('stop')[0], upMs: at('probe')[1] };
}
