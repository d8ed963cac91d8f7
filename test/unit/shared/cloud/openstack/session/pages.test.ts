import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { listOptional } from '../../../../../../shared/cloud/openstack/inventory/optional.ts';
import { listAll } from '../../../../../../shared/cloud/openstack/session/pages.ts';
import { aSmallCloud, json, soon } from '../a-cloud.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

/** A cloud with records of a kind; `vanish` is told each page, and may delete records after it. */
function aShrinkingCloud(key: string, records: string[], vanish: (page: readonly string[]) => void, refusal = 404) {
  return aSmallCloud((path, _request, response) => {
    const marker = new URL(path, 'http://cloud').searchParams.get('marker');
    const at = marker === null ? -1 : records.indexOf(marker);
    if (marker !== null && at === -1)
      return json(
        response,
        { NeutronError: { type: 'NotFound', message: `${marker} could not be found.`, detail: '' } },
        refusal,
      );
    const page = records.slice(at + 1, at + 3);
    const links = page.length < 2 ? {} : { [`${key}_links`]: [{ rel: 'next', href: `/v2.0/x?marker=${page[1]}` }] };
    json(response, { [key]: page.map((id) => ({ id })), ...links });
    vanish(page);
  });
}

test.each([
  [404, 'Neutron'],
  [400, 'Nova'],
])('a list of which a record is deleted between two pages is begun again, and is whole (%i, %s)', async (refusal) => {
  const records = ['a', 'b', 'c', 'd', 'e'];
  const vanish = (page: readonly string[]): void => {
    if (page.includes('d')) records.splice(records.indexOf('d'), 1);
  };
  const cloud = await aShrinkingCloud('networks', records, vanish, refusal);
  const listed = await listAll<{ id: string }>(cloud.session, { service: 'network', path: '/networks', key: 'networks' }, soon());
  expect(listed.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'e']);
});

test('a list that loses a record between any two pages is never taken for one that does not exist', async () => {
  const records = Array.from({ length: 40 }, (_, nth) => `${nth}`);
  const cloud = await aShrinkingCloud('trunks', records, (page) => void records.splice(records.indexOf(page.at(-1) ?? ''), 1));
  await expect(listOptional(cloud.session, '/trunks', 'trunks', {}, soon())).rejects.toMatchObject({
    code: 'E_CLOUD',
    message: expect.stringContaining('changes faster than it is read'),
  });
});

const shown = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];

/** What is listed of the networks of a twin, of which a policy hides two. */
async function shownNetworks(options: { readonly pageSize?: number }): Promise<{ names: string[]; queries: string[] }> {
  const twin = await aFurnishedTwin({ ...options, hidden: ['hidden 1', 'hidden 2'] });
  const hand = await aHand(twin);
  for (const name of [...shown, 'hidden 1', 'hidden 2']) await hand.ask('POST', 'network', '/networks', { network: { name } });
  const { projectId } = await hand.session.token(soon());
  const listing = { service: 'network', path: '/networks', key: 'networks', query: { project_id: projectId } } as const;
  const listed = await listAll<{ name: string }>(hand.session, listing, soon());
  const asked = twin.requests.filter(({ method, path }) => method === 'GET' && path.includes('/networks'));
  return { names: listed.map(({ name }) => name), queries: asked.map(({ path }) => path) };
}

test.each([3, 4, 5])('what a policy of Neutron hides of a page costs no further page (%i a page)', async (pageSize) => {
  const { names } = await shownNetworks({ pageSize });
  expect(names.sort()).toEqual([...shown].sort());
});

test('a Neutron without a limit of its own is asked once, and cuts nothing', async () => {
  const { names, queries } = await shownNetworks({});
  expect(names.sort()).toEqual([...shown].sort());
  expect(queries).toHaveLength(1);
  expect(queries[0]).not.toContain('limit=');
});

test('a list of Neutron that is too long for one answer is read in pages', async () => {
  const padding = 'x'.repeat(1024 * 1024);
  const cloud = await aSmallCloud((path, _request, response) => {
    const { searchParams } = new URL(path, 'http://cloud');
    const ports_links = [{ rel: 'previous', href: '/' }];
    if (searchParams.has('limit')) return json(response, { ports: searchParams.has('marker') ? [] : [{ id: 'a' }], ports_links });
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let mebibyte = 0; mebibyte < 65; mebibyte++) response.write(padding);
    response.end();
  });
  const listed = await listAll<{ id: string }>(cloud.session, { service: 'network', path: '/ports', key: 'ports' }, soon());
  expect(listed.map(({ id }) => id)).toEqual(['a']);
});

/** A Neutron that gives two ports in pages, and answers a whole list as it is told to. */
function aSlowCloud(whole: (response: ServerResponse) => void) {
  return aSmallCloud((path, _request, response) => {
    const { searchParams } = new URL(path, 'http://cloud');
    if (!searchParams.has('limit')) return whole(response);
    const marker = searchParams.get('marker');
    const link = marker === null ? { rel: 'next', href: '/v2.0/ports?limit=1&marker=a' } : { rel: 'previous', href: '/' };
    const id = marker === null ? 'a' : 'b';
    json(response, { ports: marker === 'b' ? [] : [{ id }], ports_links: [link] });
  });
}

test.each([502, 504])('a list of Neutron for which a proxy does not wait (%i) is read in pages', async (status) => {
  const cloud = await aSlowCloud((response) => {
    response.writeHead(status, { 'content-type': 'text/html', 'retry-after': '0' });
    response.end('<h1>Gateway Time-out</h1>');
  });
  const listed = await listAll<{ id: string }>(cloud.session, { service: 'network', path: '/ports', key: 'ports' }, soon());
  expect(listed.map(({ id }) => id)).toEqual(['a', 'b']);
});
