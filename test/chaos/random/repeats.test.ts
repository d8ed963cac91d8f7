import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sumOfRoots } from '../../../receiver/campaign/totals.ts';
import { inBuildOrder } from '../../../shared/model/build-order.ts';
import { type Configurations, resourcesOf } from '../../../shared/model/configurations.ts';
import { refOf } from '../../../shared/model/resource.ts';
import { Dice } from '../../support/dice.ts';
import type { World } from '../../support/in-process.ts';
import { offered } from '../../support/offered.ts';
import { aDisk, censusOf } from '../../support/shop.ts';
import { differing, documentFrom, forget, inWorld, measure, type Yardstick } from '../power-cut/worlds.ts';
import { type End, HostilePeer } from './hostile-peer.ts';

let yardstick: Yardstick;
let document: Configurations;
beforeAll(async () => {
  yardstick = await measure();
  document = await documentFrom(yardstick);
}, 120_000);
afterAll(() => forget(yardstick));

/** How a repeat may be refused: the state has moved on, or what it was about is gone. */
const refusals: ReadonlySet<string> = new Set(['E_CAMPAIGN_STATE', 'E_COMMITTED', 'E_NOT_FOUND']);

/** What is answered with the same words each time that it is answered at all. */
const constant: ReadonlySet<string> = new Set(['resource.ensure', 'server.completed', 'campaign.completed']);

/** An honest sender's conversation about one campaign, in which everything may be said again. */
class Conversation {
  readonly flaws: string[] = [];
  readonly said: { readonly name: string; readonly params: object; readonly end: End }[] = [];
  readonly #world: World;
  readonly #campaign = randomUUID();
  #peer: HostilePeer;

  private constructor(world: World, peer: HostilePeer) {
    this.#world = world;
    this.#peer = peer;
  }

  static async begin(world: World): Promise<Conversation> {
    const conversation = new Conversation(world, new HostilePeer(await world.dial(), new Dice(1)));
    await conversation.#peer.greet();
    await conversation.say('campaign.open', {});
    return conversation;
  }

  /** Says a message, as the sender must be able to. */
  async say(name: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    const whole = 'handle' in params ? params : { campaign: this.#campaign, ...params };
    const end = await this.#peer.ask(name, whole);
    this.said.push({ name, params: whole, end });
    if (!('answer' in end)) throw new Error(`${name} is not answered: ${JSON.stringify(end)}`);
    return end.answer;
  }

  /**
   * Says everything again, in its order, and looks whether the cloud or the state is another then.
   */
  async repeatAll(after: string): Promise<void> {
    const before = await censusOf(this.#world.destination);
    const { ledger } = await this.#world.openCampaign(this.#campaign);
    const { standing } = ledger;
    for (const { name, params, end } of [...this.said]) {
      const again = await this.#peer.ask(name, params);
      if ('closed' in again) this.flaws.push(`${name} after ${after} ends the connection: ${again.closed}`);
      else if ('problem' in again && !refusals.has(again.problem.code))
        this.flaws.push(`${name} after ${after}: ${again.problem.code} ${again.problem.says}`);
      else if ('answer' in again && constant.has(name)) this.flaws.push(...differing(`${name} after ${after}`, again, end));
    }
    if (ledger.standing !== standing) this.flaws.push(`repeats after ${after} made ${ledger.standing} of ${standing}`);
    this.flaws.push(...differing(`the cloud after ${after}`, await censusOf(this.#world.destination), before));
  }

  /** Everything up to the last server that has moved; `each` is called after every message. */
  async moveAll(each: (name: string) => Promise<void>): Promise<void> {
    const say = async (name: string, params: object): Promise<Readonly<Record<string, unknown>>> => {
      const answer = await this.say(name, params);
      await each(name);
      return answer;
    };
    await say('campaign.configure', { configurations: { ...document, campaign: this.#campaign } });
    for (const { id: disk, server_id: server } of document.disks) {
      const one = offered(aDisk(`what ${disk} holds`), { blockSize: 65_536 });
      const shape = { size: one.shape.size, block_size: 65_536, algorithm: 'sha256' };
      // The bytes are asked for under every handle that the disk was ever given.
      for (let handle = 1; handle < 200; handle += 1) this.#peer.offered(handle, one);
      const { handle } = await say('disk.offer', { server, disk, ...shape });
      await say('disk.page', { handle, first: 0, digests: one.digests.toString('base64') });
      await say('disk.seal', { handle, root: one.root });
      await say('resource.ensure', { ref: refOf('disk', disk) });
    }
    const late = inBuildOrder(resourcesOf(document)).filter(({ kind }) => !['image', 'disk'].includes(kind));
    for (const { kind, id } of late) await say('resource.ensure', { ref: refOf(kind, id) });
    for (const { id: server } of document.servers)
      await say('server.completed', { server, summary: { phases: {}, downtime_ms: null, disks: [] } });
    const there = await this.#world.openCampaign(this.#campaign);
    const { roots, disks, bytes } = await sumOfRoots(there);
    const totals = { servers: document.servers.length, disks, disk_bytes: bytes, resources: {}, roots };
    await say('campaign.completed', { totals });
  }

  leave(): void {
    this.#peer.leave();
  }
}

test('every message of a campaign, said again after every later one, builds and changes nothing', async () => {
  await inWorld(yardstick.dir, 'repeats', async (world) => {
    world.startReceiver();
    const conversation = await Conversation.begin(world);
    await conversation.moveAll((name) => conversation.repeatAll(name));
    await conversation.say('campaign.commit', {});
    await conversation.repeatAll('campaign.commit');
    conversation.leave();
    expect(conversation.flaws).toEqual([]);
  });
}, 300_000);

test('every message of a campaign, said again once it is taken back, builds nothing and brings nothing back', async () => {
  await inWorld(yardstick.dir, 'taken-back', async (world) => {
    world.startReceiver();
    const conversation = await Conversation.begin(world);
    await conversation.moveAll(async () => undefined);
    expect(await conversation.say('campaign.remove', {})).toMatchObject({ kept: [] });
    await conversation.repeatAll('campaign.remove');
    conversation.leave();
    expect(conversation.flaws).toEqual([]);
    expect(differing('destination', await censusOf(world.destination), yardstick.destination)).toEqual([]);
  });
}, 300_000);
