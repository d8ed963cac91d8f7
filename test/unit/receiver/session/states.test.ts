import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Connection } from '../../../../protocol/connection/connection.ts';
import { messages, type Name } from '../../../../protocol/messages.ts';
import { allowed, type CampaignMessage, type Verdict } from '../../../../receiver/campaign/allowed.ts';
import type { Ledger, StandingAtReceiver } from '../../../../receiver/campaign/ledger.ts';
import { Problem } from '../../../../shared/problem.ts';
import {
  aPairedSender,
  aPairedSite,
  connect,
  type PairedSender,
  type PairedSite,
  refusalOf,
  someCampaigns,
} from './paired-site.ts';
import { nothing, whatIsSaid } from './what-is-said.ts';

const names = Object.keys(allowed) as CampaignMessage[];
const standings = ['new', 'configured', 'completed', 'removing', 'removed', 'committed'] as const;

/** What a refused message is answered with. */
const codeOf: Readonly<Record<Exclude<Verdict, 'yes'>, string>> = {
  early: 'E_CAMPAIGN_STATE',
  late: 'E_CAMPAIGN_STATE',
  undone: 'E_CAMPAIGN_STATE',
  final: 'E_COMMITTED',
};

/** A campaign that has got so far, and a connection that is bound to it. */
async function aCampaignThatIs(
  standing: StandingAtReceiver,
  site: PairedSite,
  sender: PairedSender,
): Promise<{ id: string; ledger: Ledger; connection: Connection<'sender'> }> {
  const id = randomUUID();
  const connection = await connect(site, sender);
  await connection.request('campaign.open', { campaign: id });
  const { ledger } = await site.campaigns.known(id);
  if (standing !== 'new') await ledger.reach('configured');
  if (standing === 'committed') await ledger.reach('completed');
  await ledger.reach(standing);
  return { id, ledger, connection };
}

/** Says a message; returns the code it is refused with, or `answered`. */
async function say(connection: Connection<'sender'>, name: CampaignMessage, campaign: string): Promise<string> {
  try {
    await connection.request(name, whatIsSaid(campaign)[name] as never);
    return 'answered';
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

test('every request about a campaign that a sender may say has a row, and SPEC.md has the same table', async () => {
  const said = (Object.keys(messages) as Name[]).filter(
    (name) => messages[name].when === 'campaign' && messages[name].from === 'sender',
  );
  expect(names).toEqual(said);
  const spec = await readFile(new URL('../../../../protocol/SPEC.md', import.meta.url), 'utf8');
  const table = spec.split('\n## States\n')[1]?.split('\n## ')[0] ?? '';
  const [head, , ...rows] = table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(head?.slice(1, -1)).toEqual(['message', ...standings]);
  expect(rows.map((row) => row.slice(1, -1))).toEqual(
    names.map((name) => [`\`${name}\``, ...standings.map((standing) => allowed[name][standing])]),
  );
});

test.each(standings)(
  'of a campaign that is %s every message is answered as the table says, twice, and none takes it back',
  async (standing) => {
    const site = await aPairedSite();
    const sender = await aPairedSender(site);
    for (const name of names) {
      const { id, ledger, connection } = await aCampaignThatIs(standing, site, sender);
      const verdict: Verdict = allowed[name][standing];
      const way = standings.indexOf(standing);
      for (let turn = 0; turn < 2; turn += 1) {
        // What a removal or a commit does to itself when it is repeated is told by the row of where
        // it led.
        const now: Verdict = allowed[name][ledger.standing];
        const code = await say(connection, name, id);
        if (now === 'yes') expect(Object.values(codeOf), `${name} in ${ledger.standing}`).not.toContain(code);
        else expect(code, `${name} in ${ledger.standing}`).toBe(codeOf[now]);
        if (verdict !== 'yes') expect(ledger.standing).toBe(standing);
        expect(standings.indexOf(ledger.standing), `${name} from ${standing}`).toBeGreaterThanOrEqual(way);
      }
      await connection.close('The test goes on.');
    }
  },
  60_000,
);

test('that every server has moved, said again after the commit, is agreed to and takes nothing back', async () => {
  const site = await aPairedSite();
  const { id: campaign, ledger, connection } = await aCampaignThatIs('configured', site, await aPairedSender(site));
  for (const wish of ['campaign.completed', 'campaign.commit', 'campaign.commit', 'campaign.completed'] as const)
    expect(await say(connection, wish, campaign)).toBe('answered');
  expect(ledger.state).toBe('committed');
  expect(await say(connection, 'campaign.remove', campaign)).toBe('E_COMMITTED');
  const other = { ...nothing, servers: 1 };
  const refused = await refusalOf(connection.request('campaign.completed', { campaign, totals: other }));
  expect(refused.code).toBe('E_TOTALS_DISAGREE');
});

test('that a server has moved is noted until all have, and a later repeat is answered and changes nothing', async () => {
  const site = await aPairedSite();
  const { id: campaign, ledger, connection } = await aCampaignThatIs('configured', site, await aPairedSender(site));
  await ledger.intend('server/s1');
  await ledger.built('server/s1', { id: 'S', how: 'created' });
  expect(await say(connection, 'server.completed', campaign)).toBe('answered');
  const path = join(site.state, 'campaigns', campaign, 'markers', 's1.completed');
  const noted = await readFile(path, 'utf8');
  for (const standing of ['completed', 'committed'] as const) {
    await ledger.reach(standing);
    expect(await say(connection, 'server.completed', campaign)).toBe('answered');
  }
  expect(await readFile(path, 'utf8')).toBe(noted);
});

test('of a commit and a removal that are asked at once, the first is done and the other refused', async () => {
  const site = await aPairedSite();
  const sender = await aPairedSender(site);
  for (const wishes of [
    ['campaign.commit', 'campaign.remove'],
    ['campaign.remove', 'campaign.commit'],
  ] as const) {
    const { id, connection } = await aCampaignThatIs('completed', site, sender);
    const ends = await Promise.all(wishes.map((wish) => say(connection, wish, id)));
    expect(ends[0]).toBe('answered');
    expect(ends[1]).toBe(wishes[0] === 'campaign.commit' ? 'E_COMMITTED' : 'E_CAMPAIGN_STATE');
    await connection.close('The test goes on.');
  }
});

test('a removal that a power cut ended is gone on with by the next daemon, and nothing else is', async () => {
  const site = await aPairedSite();
  const { id, ledger } = await aCampaignThatIs('completed', site, await aPairedSender(site));
  await ledger.intend('network/n1');
  // Without its document nobody can look for what was intended: it stays, and the removal is not at
  // its end.
  const there = await site.campaigns.known(id);
  expect((await there.removeAll()).kept).toHaveLength(1);
  const later = await someCampaigns(site.state).known(id);
  expect([later.ledger.state, later.ledger.standing]).toEqual(['completed', 'removing']);
  await expect(later.commit()).rejects.toMatchObject({ code: 'E_CAMPAIGN_STATE' });
  await expect(later.ensure('network/n1')).rejects.toMatchObject({ code: 'E_CAMPAIGN_STATE' });
  await ledger.removed('network/n1');
  expect(await there.removeAll()).toEqual({ removed: [], kept: [] });
  expect(there.ledger.state).toBe('removed');
});
