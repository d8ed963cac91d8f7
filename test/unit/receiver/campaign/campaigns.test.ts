import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Problem } from '../../../../shared/problem.ts';
import { campaignsAt } from '../../../support/campaigns-at.ts';
import { aFolder } from '../../../support/folder.ts';

const owner = 'a'.repeat(64);

/** Campaigns whose cloud is not reached, and is asked in vain until `giveUp`. */
async function someCampaigns() {
  const cloud = Promise.withResolvers<never>();
  cloud.promise.catch(() => {});
  const campaigns = campaignsAt(await aFolder(), () => cloud.promise);
  return { campaigns, giveUp: () => cloud.reject(new Problem('E_CLOUD_UNREACHABLE', 'There is no cloud.')) };
}

test('a campaign whose session ends in its commit is closed after that, and not where another session has it by then', async () => {
  const { campaigns, giveUp } = await someCampaigns();
  const id = randomUUID();
  const campaign = await campaigns.openFor(owner, id);
  await campaign.ledger.intend('network/n1');
  await campaign.ledger.built('network/n1', { id: 'N', how: 'created' });
  await campaign.ledger.reach('completed');
  const commit = expect(campaign.commit()).resolves.toMatchObject({ freed: 0 });
  await expect.poll(() => campaign.ledger.standing).toBe('committed');
  const left = campaigns.leave(id);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await campaigns.openFor(owner, id)).toBe(campaign);
  giveUp();
  await Promise.all([commit, left]);
  // It is still open: the repeat of the commit goes on in the same ledger.
  await campaign.ledger.bared('network/n1');
  await campaign.commit();
  await campaigns.leave(id);
  expect(await campaigns.opened(id)).toBeUndefined();
});

test.each(['committed', 'removing'] as const)(
  'a daemon that stops waits for the call under way of a campaign that is %s, and the next daemon goes on',
  async (standing) => {
    const state = await aFolder();
    const asked = Promise.withResolvers<void>();
    // The cloud carries the call out although the daemon stops meanwhile.
    const slowly = async (): Promise<boolean> => {
      asked.resolve();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return true;
    };
    const slow = campaignsAt(state, () => Promise.resolve({ unstamp: slowly, remove: slowly } as never));
    const id = randomUUID();
    const campaign = await slow.openFor(owner, id);
    for (const name of ['n1', 'n2']) {
      await campaign.ledger.intend(`network/${name}`);
      await campaign.ledger.built(`network/${name}`, { id: name, how: 'created' });
    }
    await campaign.ledger.reach('completed');
    let isOver = false;
    const ended = (standing === 'committed' ? campaign.commit() : campaign.removeAll()).then(
      () => null,
      (error: unknown) => error,
    );
    void ended.then(() => {
      isOver = true;
    });
    await asked.promise;
    await slow.close();
    expect(isOver).toBe(true);
    const problem = await ended;
    if (problem !== null) expect(problem).toMatchObject({ code: 'E_PEER_LOST' });
    const next = campaignsAt(state, () => Promise.resolve({ unstamp: slowly, remove: slowly } as never));
    const again = await next.open(id);
    expect(again.ledger.standing).toBe(standing);
    if (standing === 'committed') expect(await again.commit()).toMatchObject({ left: { images: [], stamped: [] } });
    else expect(await again.removeAll()).toMatchObject({ kept: [] });
  },
);

/** A campaign before a cloud that removes one thing, and is not done with it before `finish`. */
async function removingOne() {
  const asked = Promise.withResolvers<void>();
  const carriedOut = Promise.withResolvers<boolean>();
  const remove = (): Promise<boolean> => {
    asked.resolve();
    return carriedOut.promise;
  };
  const campaigns = campaignsAt(await aFolder(), () => Promise.resolve({ remove } as never));
  const campaign = await campaigns.openFor(owner, randomUUID());
  await campaign.ledger.intend('network/n1');
  await campaign.ledger.built('network/n1', { id: 'n1', how: 'created' });
  const removal = campaign.remove('network/n1');
  await asked.promise;
  const standing = (): string | undefined => campaign.ledger.get('network/n1')?.state;
  return { campaigns, campaign, removal, standing, finish: () => carriedOut.resolve(true) };
}

test('a daemon that stops waits for the removal of a single thing, so that its ledger knows of it', async () => {
  const { campaigns, removal, standing, finish } = await removingOne();
  const seen = campaigns.close().then(standing);
  await new Promise((resolve) => setTimeout(resolve, 50));
  finish();
  await expect(removal).resolves.toBe(true);
  expect(await seen).toBe('removed');
});

test('a commit comes after a removal that was allowed before it', async () => {
  const { campaign, removal, standing, finish } = await removingOne();
  await campaign.ledger.reach('completed');
  const seen = campaign.commit().then(standing);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(campaign.ledger.standing).toBe('completed');
  finish();
  await removal;
  expect(await seen).toBe('removed');
});

test('a campaign that is opened while it is closed is opened anew once it is', async () => {
  const { campaigns } = await someCampaigns();
  const id = randomUUID();
  const first = await campaigns.openFor(owner, id);
  await first.ledger.reach('committed');
  const left = campaigns.leave(id);
  const second = await campaigns.openFor(owner, id);
  await left;
  expect(second).not.toBe(first);
  await expect(first.commit()).rejects.toMatchObject({ code: 'E_PEER_LOST' });
  await second.ledger.intend('network/n1');
  expect(await campaigns.opened(id)).toBe(second);
});
