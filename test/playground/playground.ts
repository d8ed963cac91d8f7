import { startTwins, type TwinProcess } from '../support/clouds.ts';
import { pairDaemons, startDaemon, type WrittenConfig, writeReceiverConfig, writeSenderConfig } from '../support/daemons.ts';
import { OpenStackUser } from '../support/openstack-user.ts';
import { writeCloudsFile } from './clouds-file.ts';
import { writeCommands } from './commands.ts';
import { type Offers, offersOf, promote, provide } from './offers.ts';
import type { Stage } from './stage.ts';
import { type Made, makeTenant } from './tenant.ts';

/** One embedded cloud, and the owner of the project `shop` in it. */
export interface Cloud {
  readonly twin: TwinProcess;
  readonly user: OpenStackUser;
}

/** Two clouds, a tenant to move from `west` to `east`, and two paired daemons. */
export interface Playground {
  readonly dir: string;
  readonly west: Cloud;
  readonly east: Cloud;
  readonly sender: WrittenConfig;
  readonly receiver: WrittenConfig;
  /** What the tenant consists of. */
  readonly made: Made;
}

/** Servers take a quarter of the time that they would in a real cloud. */
export const usualPace = 0.25;

/**
 * Starts and fills both clouds, starts and pairs both daemons, and writes their files into the
 * folder.
 */
export async function openPlayground({ dir, endings }: Stage, pace = usualPace): Promise<Playground> {
  const twins = await startTwins(dir, { pace, guest: true }, endings);
  const cloudsFile = await writeCloudsFile(dir, twins);
  const [west, east] = await Promise.all([equip(twins.west, offersOf.west, false), equip(twins.east, offersOf.east, true)]);
  // Each daemon has the credentials of its own cloud only.
  const cloudOf = (name: string) => ({ provider: 'openstack', settings: { cloud: name, clouds_file: cloudsFile } });
  const [sender, receiver] = await Promise.all([
    writeSenderConfig(dir, west.twin, {}, { cloud: cloudOf('west'), limits: { parallel: 2 } }),
    writeReceiverConfig(dir, east.twin, {}, { cloud: cloudOf('east') }),
  ]);
  const [made] = await Promise.all([
    makeTenant(west.user, dir),
    startDaemon(receiver, endings),
    startDaemon(sender, endings),
    writeCommands(dir, [sender, receiver], [west.twin, east.twin]),
  ]);
  await pairDaemons(sender, receiver);
  return { dir, west, east, sender, receiver, made };
}

/** Provides what a cloud's administrator would; the receiver's user needs an operator's rights. */
export async function equip(twin: TwinProcess, offers: Offers, ownerIsOperator: boolean): Promise<Cloud> {
  const { authUrl, password } = twin;
  const admin = await OpenStackUser.signIn({ authUrl, user: 'admin', password, project: 'admin' });
  await provide(admin, offers);
  if (ownerIsOperator) await promote(admin);
  return { twin, user: await OpenStackUser.signIn({ authUrl, user: 'demo', password, project: 'shop' }) };
}
