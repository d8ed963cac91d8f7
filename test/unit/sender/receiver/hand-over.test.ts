import { afterEach, beforeEach, expect, test } from 'vitest';
import { Connection } from '../../../../protocol/connection/connection.ts';
import { limits } from '../../../../protocol/limits.ts';
import { features } from '../../../../protocol/version.ts';
import { Budget } from '../../../../receiver/disks/store/budget.ts';
import { DocumentParts } from '../../../../receiver/session/document-parts.ts';
import { partsOf, say } from '../../../../sender/receiver/hand-over.ts';
import { type Configurations, parseConfigurations } from '../../../../shared/model/configurations.ts';
import { digestOfJson } from '../../../../shared/model/marker.ts';
import { aTenant } from '../../../support/build.ts';
import { aCampaign, Loopback, options, receiverHandlers, senderHandlers } from '../../../support/protocol.ts';
import { longestTurnMs, watchTurns } from '../../../support/turns.ts';

const campaign = aCampaign();
const memoryBytes = 64 * 1024 * 1024;

let loopback: Loopback;
let memory: Budget;
let taken: Configurations[];
let counts: (number | undefined)[];
let partsHeard: number;
let known: readonly string[];
let prepared: string[];

beforeEach(async () => {
  memory = new Budget(memoryBytes);
  taken = [];
  counts = [];
  partsHeard = 0;
  known = features;
  prepared = [];
  loopback = await Loopback.open((socket) => {
    const parts = new DocumentParts(memory);
    const connection = new Connection(socket, options('receiver', { features: known }));
    void connection.closed.then(() => parts.close());
    const handlers = receiverHandlers({
      'document.part': async ({ campaign: id, part, resources }) => {
        partsHeard += 1;
        parts.add(id, part, resources);
        return {};
      },
      'resource.prepare': async ({ ref }) => {
        prepared.push(ref);
        return {};
      },
      'campaign.preflight': async ({ campaign: id, configurations, parts: count }) => {
        counts.push(count);
        taken.push(parts.take(id, configurations, count));
        return { concerns: [], decisions: [] };
      },
    });
    connection.open(handlers).catch(() => {});
  });
});

afterEach(() => loopback.close());

async function aSender(): Promise<Connection<'sender'>> {
  const sender = new Connection(await loopback.dial(), options('sender'));
  await sender.open(senderHandlers());
  return sender;
}

/** A tenant whose servers have as much user data as Nova takes, or as one says. */
function aLongDocument(servers: number, userDataBytes = 65_535): Configurations {
  const document = aTenant(servers, campaign);
  const user_data = Buffer.alloc(Math.floor((userDataBytes * 3) / 4), 'x').toString('base64');
  return parseConfigurations({ ...document, servers: document.servers.map((one) => ({ ...one, user_data })) });
}

test('a document of 1,000 servers with 16 KiB of user data each arrives as it was, in short turns', async () => {
  const document = aLongDocument(1000, 22 * 1024);
  expect(JSON.stringify(document).length).toBeGreaterThan(limits.textBytes);
  const sender = await aSender();
  const turns = watchTurns();
  await say(sender, 'campaign.preflight', { campaign, configurations: document }, {});
  const longest = turns.stop();
  console.log(`${JSON.stringify(document).length} bytes in ${partsHeard} parts, longest turn ${longest.toFixed(1)} ms`);
  expect(digestOfJson(taken[0])).toBe(digestOfJson(document));
  expect(longest).toBeLessThan(longestTurnMs);
  expect(counts).toEqual([partsHeard]);
  expect(memory.free).toBe(memoryBytes);
});

test('a short document is one message', async () => {
  const sender = await aSender();
  await say(sender, 'campaign.preflight', { campaign, configurations: aTenant(3, campaign) }, {});
  expect([partsHeard, counts]).toEqual([0, [undefined]]);
});

test('a receiver that knows no parts is sent the document as one message', async () => {
  known = features.filter((feature) => feature !== 'document-parts');
  const sender = await aSender();
  await say(sender, 'campaign.preflight', { campaign, configurations: aLongDocument(20) }, {});
  expect([partsHeard, counts]).toEqual([0, [undefined]]);
  expect(taken[0]?.servers).toHaveLength(20);
});

test('a receiver that prepares nothing is not asked to, and builds everything after the stop', async () => {
  known = features.filter((feature) => feature !== 'prepare');
  const ask = async (): Promise<unknown> => {
    const sender = await aSender();
    await sender.request('campaign.open', { campaign });
    return say(sender, 'resource.prepare', { campaign, ref: 'port/p1' }, {});
  };
  expect(await ask()).toEqual({});
  expect(prepared).toEqual([]);
  known = features;
  await ask();
  expect(prepared).toEqual(['port/p1']);
});

test('a document of which a part did not come is refused, and nothing of it is kept', async () => {
  const sender = await aSender();
  const [first] = await partsOf(aLongDocument(20));
  if (first === undefined) throw new Error('there are parts');
  await sender.request('document.part', { campaign, part: 1, resources: first });
  const asked = sender.request('campaign.preflight', { campaign, configurations: aTenant(1, campaign), parts: 2 });
  await expect(asked).rejects.toMatchObject({ code: 'E_DOCUMENT', message: expect.stringContaining('Part 0') });
  expect(memory.free).toBe(memoryBytes);
});

test('parts whose resources need what no part has, or come twice, are refused', async () => {
  const sender = await aSender();
  const document = aLongDocument(20);
  const resources = { ...document, servers: [] };
  await sender.request('document.part', { campaign, part: 0, resources });
  const twice = sender.request('campaign.preflight', { campaign, configurations: document, parts: 1 });
  await expect(twice).rejects.toMatchObject({ code: 'E_DUPLICATE' });
});

test('the parts of all connections share their memory, and a connection that ends gives its own back', async () => {
  memory = new Budget(400 * 1024);
  const one = await aSender();
  const other = await aSender();
  const parts = await partsOf(aLongDocument(20));
  const say0 = (sender: Connection<'sender'>, part: number) =>
    sender.request('document.part', { campaign, part, resources: parts[0] ?? aTenant(1) });
  await say0(one, 0);
  await say0(one, 0);
  await expect(say0(other, 0)).rejects.toMatchObject({ code: 'E_BUSY' });
  await one.close('enough');
  await expect
    .poll(() =>
      say0(other, 0)
        .then(() => true)
        .catch(() => false),
    )
    .toBe(true);
});
