import { startTwins, type TwinProcess } from '../support/clouds.ts';
import { pairDaemons, startDaemon, type WrittenConfig, writeReceiverConfig, writeSenderConfig } from '../support/daemons.ts';
import type { Endings } from '../support/endings.ts';
import { OpenStackUser } from '../support/openstack-user.ts';
import { type Offers, offersOf, promote, provide } from './offers.ts';

/** One cloud of the demo, and the owner of the project `shop` in it. */
export interface Cloud {
  readonly twin: TwinProcess;
  readonly user: OpenStackUser;
}

/** Servers take a quarter of the time that they would in a real cloud. */
const pace = 0.25;

/** Starts the two clouds and provides what their administrators would. */
export async function startClouds(dir: string, endings: Endings): Promise<{ readonly west: Cloud; readonly east: Cloud }> {
  const twins = await startTwins(dir, { pace, guest: true }, endings);
  const [west, east] = await Promise.all([equip(twins.west, offersOf.west, false), equip(twins.east, offersOf.east, true)]);
  return { west, east };
}

async function equip(twin: TwinProcess, offers: Offers, ownerIsOperator: boolean): Promise<Cloud> {
  const { authUrl, password } = twin;
  const admin = await OpenStackUser.signIn({ authUrl, user: 'admin', password, project: 'admin' });
  await provide(admin, offers);
  if (ownerIsOperator) await promote(admin);
  return { twin, user: await OpenStackUser.signIn({ authUrl, user: 'demo', password, project: 'shop' }) };
}

/** The two daemons, by their configurations. */
export interface Pair {
  readonly sender: WrittenConfig;
  readonly receiver: WrittenConfig;
}

/** Starts both daemons, each with credentials for its own cloud only, and pairs them. */
export async function startPair(dir: string, west: Cloud, east: Cloud, endings: Endings): Promise<Pair> {
  const [sender, receiver] = await Promise.all([
    writeSenderConfig(dir, west.twin, {}, { limits: { parallel: 2 } }),
    writeReceiverConfig(dir, east.twin),
  ]);
  await Promise.all([startDaemon(receiver, endings), startDaemon(sender, endings)]);
  await pairDaemons(sender, receiver);
  return { sender, receiver };
}
