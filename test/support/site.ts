import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignStatus } from '../../sender/campaign/campaign-status.ts';
import { senderClient } from '../../sender/control/client.ts';
import { compare } from '../demo/compare.ts';
import { startTwin, type TwinProcess } from './clouds.ts';
import { ask, type Daemon, startDaemon, type WrittenConfig, writeReceiverConfig, writeSenderConfig } from './daemons.ts';
import { Endings } from './endings.ts';
import { buildInto, builtScriptOf } from './installed.ts';
import { LossyLink } from './lossy.ts';
import { watchingTurns } from './measured.ts';
import { OpenStackUser } from './openstack-user.ts';
import { type Census, censusOf, fillShop, provideBoth, sha256, shopServers } from './shop.ts';

/**
 * Two clouds, two daemons as processes, and the link between them, all of which a test may break.
 */
export interface Site {
  readonly dir: string;
  readonly endings: Endings;
  readonly source: TwinProcess;
  readonly destination: TwinProcess;
  readonly sender: Daemon;
  readonly receiver: Daemon;
  readonly receiverPort: number;
  readonly link: LossyLink;
  /** How both clouds are before anything. */
  readonly before: { readonly source: Census; readonly destination: Census };
  /** SHA-256 of the servers' disks, sorted. */
  readonly disks: readonly string[];
}

/** What a test wants of its site. */
export interface SiteChoice {
  readonly diskOf: (name: string) => Buffer;
  readonly tokenLifeSeconds?: number;
  /** Scale of the clouds' delays; 0 is as soon as possible. */
  readonly pace?: number;
  /** Names of the servers, instead of the small shop's. */
  readonly servers?: readonly string[];
  /**
   * Whether memory and turns of the daemons are measured, for `peakOf` and `longestTurnOf`: they
   * are built as an installation is, and the clouds write less.
   */
  readonly isMeasured?: boolean;
}

/** The owner of the project in a cloud, with a fresh token. */
export function ownerOf({ authUrl, password }: TwinProcess): Promise<OpenStackUser> {
  return OpenStackUser.signIn({ authUrl, user: 'demo', password, project: 'shop' });
}

/** Who runs a cloud, and offers its images. */
export function operatorOf({ authUrl, password }: TwinProcess): Promise<OpenStackUser> {
  return OpenStackUser.signIn({ authUrl, user: 'admin', password, project: 'admin' });
}

/** Looks at a whole project. */
async function look(twin: TwinProcess): Promise<Census> {
  return censusOf({ user: await ownerOf(twin) });
}

/** Builds a site whose daemons are paired through the link. */
export async function openSite({
  diskOf,
  tokenLifeSeconds,
  pace = 0,
  servers = shopServers,
  isMeasured = false,
}: SiteChoice): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'godwit-site-'));
  const endings = new Endings();
  endings.add('the folder', () => rm(dir, { recursive: true, force: true }));
  const choice = {
    dir,
    pace,
    ...(tokenLifeSeconds === undefined ? {} : { tokenLifeSeconds }),
    ...(isMeasured ? { stateEveryMs: 10_000 } : {}),
  };
  const [source, destination] = await Promise.all([
    startTwin({ ...choice, name: 'west' }, endings),
    startTwin({ ...choice, name: 'east' }, endings),
  ]);
  const operator = await operatorOf(source);
  await provideBoth(operator, await operatorOf(destination));
  await fillShop({ user: await ownerOf(source), operator }, dir, diskOf, servers);
  const before = { source: await look(source), destination: await look(destination) };
  const [senderConfig, receiverConfig] = await Promise.all([
    writeSenderConfig(dir, source),
    writeReceiverConfig(dir, destination),
  ]);
  if (isMeasured) await buildInto(dir);
  const start = async (config: WrittenConfig): Promise<Daemon> =>
    isMeasured
      ? startDaemon(config, endings, await watchingTurns(dir, config.bin), builtScriptOf(dir, config.bin))
      : startDaemon(config, endings);
  const [receiver, sender] = await Promise.all([start(receiverConfig), start(senderConfig)]);
  const { code, address } = await ask<{ code: string; address: string }>(receiverConfig, ['pair']);
  const receiverPort = Number(address.slice(address.lastIndexOf(':') + 1));
  const link = await LossyLink.open(receiverPort);
  endings.add('the link', () => link.close());
  await ask(senderConfig, ['pair', `127.0.0.1:${link.port}`], `${code}\n`);
  const disks = servers.map((name) => sha256(diskOf(name))).sort();
  return { dir, endings, source, destination, sender, receiver, receiverPort, link, before, disks };
}

/** Writes a plan of the whole project; returns its file. */
export async function planWhole({ dir, sender }: Site): Promise<string> {
  const file = join(dir, 'plan.yaml');
  await ask(sender.config, ['plan', '--project', 'shop', '--force', '-o', file]);
  return file;
}

/** Plans and starts a campaign; returns its id. */
export async function begin(site: Site): Promise<string> {
  const { campaign } = await ask<{ campaign: string }>(site.sender.config, ['migrate', await planWhole(site)]);
  return campaign;
}

/** A campaign as the sender sees it; undefined while the sender does not answer. */
export async function campaignOf({ sender }: Site, id: string): Promise<CampaignStatus | undefined> {
  // A process for each poll would load the machine that is measured.
  const status = await senderClient(sender.config.control)
    .status()
    .catch(() => undefined);
  return status?.campaigns.find((campaign) => campaign.id === id);
}

/** Waits until a campaign is in a state; throws its problem if it stops in another. */
export async function until(site: Site, id: string, wanted: CampaignStatus['state'], limitMs = 90_000): Promise<CampaignStatus> {
  const end = performance.now() + limitMs;
  for (;;) {
    const campaign = await campaignOf(site, id);
    if (campaign?.state === wanted) return campaign;
    if (campaign?.state === 'failed') throw new Error(`The campaign failed: ${JSON.stringify(campaign.problem)}`);
    if (performance.now() > end) throw new Error(`The campaign is ${campaign?.state}, not ${wanted}: ${campaign?.says}`);
    await sleep(300);
  }
}

/** Lists every way in which the site is not as after a whole migration. */
export async function flawsOfMove(site: Site): Promise<string[]> {
  const source = await look(site.source);
  const destination = await look(site.destination);
  const different = compare(site.before.source.portrait, destination.portrait).filter(({ differs }) => differs !== null);
  return [
    ...different.map(({ kind, name, differs }) => `${kind} ${name}: ${differs}`),
    ...(JSON.stringify(Object.values(destination.images).sort()) === JSON.stringify(site.disks) ? [] : ['the disks differ']),
    ...(source.statuses.every((status) => status === 'SHUTOFF') ? [] : [`source servers are ${source.statuses.join()}`]),
  ];
}

/** Rolls a campaign back and lists every way in which the clouds are not as before it. */
export async function takeBack(site: Site, id: string): Promise<string[]> {
  await ask(site.sender.config, ['rollback', id, '--yes']);
  await until(site, id, 'rolled back');
  const source = await look(site.source);
  const destination = await look(site.destination);
  return [
    ...(JSON.stringify(source) === JSON.stringify(site.before.source) ? [] : ['the source is not as it was']),
    ...(JSON.stringify(destination) === JSON.stringify(site.before.destination) ? [] : ['the destination is not as it was']),
  ];
}

/** Sets a cloud's faults; an empty list means none. */
export async function trouble({ faultsFile }: TwinProcess, faults: readonly object[]): Promise<void> {
  await writeFile(faultsFile, JSON.stringify(faults));
}
