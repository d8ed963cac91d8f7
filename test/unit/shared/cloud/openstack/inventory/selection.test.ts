import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import type { Selection } from '../../../../../../shared/cloud/source-cloud.ts';
import { accessTo, type Hand, populate } from '../../../../../conformance/furnish.ts';
import { problemOf } from '../../../../../support/folder.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

let twin: Twin;
let source: OpenStackSource;
/** `demo` has web-1 (web, blue) and db (no tags), `admin` has web-2 (web) in the same project. */
beforeEach(async () => {
  twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const demo = await aHand(twin);
  const [first] = (await demo.ask<{ servers: { id: string }[] }>('GET', 'compute', '/servers')).servers;
  await demo.ask('PUT', 'compute', `/servers/${first?.id}`, { server: { name: 'web-1' } });
  await demo.ask('PUT', 'compute', `/servers/${first?.id}/tags`, { tags: ['web', 'blue'] });
  await addServer(demo, 'db', []);
  const admin = await aHand(twin, 'admin', 'demo');
  await addServer(admin, 'web-2', ['web']);
  source = await sourceOf('demo');
});

async function sourceOf(user: 'demo' | 'admin'): Promise<OpenStackSource> {
  const cloud = new OpenStackSource(await accessTo(twin.authUrl, user, 'demo'));
  onTestFinished(() => cloud.close());
  return cloud;
}

async function addServer(hand: Hand, name: string, tags: readonly string[]): Promise<void> {
  const { images } = await hand.ask<{ images: { id: string }[] }>('GET', 'image', '/images');
  const { flavors } = await hand.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const flavorRef = flavors.find((flavor) => flavor.name === 'm1.bare')?.id;
  const server = { name, imageRef: images[0]?.id, flavorRef, networks: 'none', tags };
  await hand.ask('POST', 'compute', '/servers', { server });
}

const take = (selection: Partial<Selection>, cloud = source) =>
  cloud.inventory({ servers: [], ...selection }, AbortSignal.timeout(15_000)).then(({ document }) => document);
const namesOf = async (selection: Partial<Selection>, cloud = source) =>
  (await take(selection, cloud)).servers.map(({ name }) => name).sort();

test('a selection takes the servers with one of the tags, of one of the users, of those that are named', async () => {
  expect(await namesOf({})).toEqual(['db', 'web-1', 'web-2']);
  expect(await namesOf({ tags: ['web'] })).toEqual(['web-1', 'web-2']);
  expect(await namesOf({ tags: ['blue', 'green'] })).toEqual(['web-1']);
  expect(await namesOf({ users: ['demo'] })).toEqual(['db', 'web-1']);
  expect(await namesOf({ users: ['demo'], tags: ['web'] })).toEqual(['web-1']);
  expect(await namesOf({ servers: ['db', 'web-2'], tags: ['web'] })).toEqual(['web-2']);
});

test('a whole project takes its images along, unless it is to leave them; a part of it takes those that are named', async () => {
  const moving = async (selection: Partial<Selection>): Promise<string[]> =>
    (await take(selection)).images.filter(({ disk_id }) => disk_id !== null).map(({ name }) => name);
  const all = await moving({});
  expect(all).not.toEqual([]);
  expect(await moving({ withoutImages: true })).toEqual([]);
  expect(await moving({ tags: ['web'] })).toEqual([]);
  expect(await moving({ images: all.slice(0, 1) })).toEqual(all.slice(0, 1));
});

test('captured servers tell their tags and their user, by which others find them', async () => {
  const { servers } = await take({});
  const web = servers.find(({ name }) => name === 'web-2');
  expect(web?.tags).toEqual(['web']);
  expect(await namesOf({ users: [web?.user_id ?? ''] })).toEqual(['web-2']);
});

test('an admin may name any user, others only themselves, and both hear whose servers there are', async () => {
  const admin = await sourceOf('admin');
  expect(await namesOf({ users: ['demo'] }, admin)).toEqual(['db', 'web-1']);
  expect(await problemOf(take({ users: ['nobody'] }, admin))).toMatchObject({ code: 'E_NOT_FOUND' });
  await expect(take({ users: ['admin'] })).rejects.toMatchObject({
    code: 'E_FORBIDDEN',
    message: expect.stringContaining('only an admin may look up names'),
    advice: expect.stringMatching(/the servers belong to \S+ \([12]\), \S+ \([12]\)/),
  });
});

test('a selection that fits no server says what there is', async () => {
  const { message, code } = await problemOf(take({ tags: ['green'] }));
  expect(code).toBe('E_NOT_FOUND');
  expect(message).toBe('None of the 3 servers of project demo has the tag green. They have blue (1), web (2).');
  expect((await problemOf(take({ servers: ['db'], tags: ['web'] }))).message).toBe(
    'None of the named servers has the tag web. They have no tags.',
  );
});

test('what a part of a project does not need stays out of its document', async () => {
  expect((await take({})).networks).not.toEqual([]);
  expect((await take({ servers: ['db'] })).networks).toEqual([]);
  expect((await take({ users: ['demo'], servers: ['db'] })).networks).toEqual([]);
});
