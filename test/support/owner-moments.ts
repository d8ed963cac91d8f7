import type { Fault } from '../twin/faults.ts';
import type { World } from './in-process.ts';
import { type Act, doneAt, firstAt, inOrder } from './owner-acts.ts';
import { type ShopTemplate, type Started, serversAt, untilFact } from './shop-world.ts';
import { warm } from './warm.ts';

/** A moment of a campaign at which the owner of its first server acts. */
export type Moment = 'waits for its cutover' | 'is being frozen' | 'is being copied' | 'is being imported';

/** What holds a campaign up at a moment: the phase that has begun, and an answer that is late. */
interface Hold {
  readonly phase: string;
  readonly at: (world: World) => { readonly set: (faults: readonly Fault[]) => void };
  readonly fault: Fault;
}

const late = (method: 'GET' | 'PUT', path: string): Fault => ({
  do: 'delay',
  ms: 4_000,
  match: { service: 'image', method, path },
  times: 1,
});

const holds: Readonly<Record<Exclude<Moment, 'waits for its cutover'>, Hold>> = {
  'is being frozen': {
    phase: 'freeze',
    at: ({ source }) => source.twin.faults,
    fault: late('GET', '^/v2/images/[0-9a-f-]{36}$'),
  },
  'is being copied': { phase: 'copy', at: ({ source }) => source.twin.faults, fault: late('GET', '/file$') },
  'is being imported': { phase: 'import', at: ({ destination }) => destination.twin.faults, fault: late('PUT', '/file$') },
};

/** A campaign whose first server's owner has acted at a moment, and which goes on after that. */
export async function actingAt(template: ShopTemplate, moment: Moment, act: Act): Promise<Started> {
  if (moment === 'waits for its cutover') return actingBeforeStop(template, act);
  const { phase, at, fault } = holds[moment];
  const started = await template.started(inOrder);
  const { world, sender, campaign } = started;
  at(world).set([fault]);
  const { id } = await firstAt(world.source);
  await untilFact(sender, campaign, (one) => one['fact'] === 'begun' && one['phase'] === phase && one['server'] === id);
  // A snapshot is under way until Nova is idle again.
  if (moment === 'is being frozen') await world.source.user.until('The snapshot', () => frozen(world));
  await doneAt(world.source, act, await firstAt(world.source));
  return started;
}

async function actingBeforeStop(template: ShopTemplate, act: Act): Promise<Started> {
  const started = await template.started((plan) => inOrder(warm('manual')(plan)));
  const { world, sender, campaign } = started;
  for (const { id } of await serversAt(world.source))
    await untilFact(
      sender,
      campaign,
      ({ fact, phase, server }) => fact === 'begun' && phase === 'await cutover' && server === id,
    );
  await doneAt(world.source, act, await firstAt(world.source));
  await sender.daemon.cutover({ campaign, servers: [] });
  return started;
}

async function frozen({ source }: World): Promise<true | undefined> {
  const [image] = await source.user.list<{ status: string }>('image', '/images?image_type=snapshot', 'images');
  return image?.status === 'active' ? true : undefined;
}
