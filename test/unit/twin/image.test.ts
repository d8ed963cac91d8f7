import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { anImage } from './a-tenant.ts';
import { aFolder, aTwin, login, until } from './a-twin.ts';

const octets = { 'content-type': 'application/octet-stream' };
const patch = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

test('an image goes from queued to active and tells size and digests of its bytes', async () => {
  const demo = await login(await aTwin());
  const bytes = Buffer.alloc(3_000_001, 'godwit');
  const id = await anImage(demo, bytes);
  const shown = await demo.ask('GET', `/image/v2/images/${id}`);
  expect(shown.at('status')).toBe('active');
  expect(shown.at('size')).toBe(bytes.length);
  expect(shown.at('checksum')).toBe(createHash('md5').update(bytes).digest('hex'));
  expect(shown.at('os_hash_value')).toBe(createHash('sha512').update(bytes).digest('hex'));
  const part = await demo.ask('GET', `/image/v2/images/${id}/file`, undefined, { range: 'bytes=6-11' });
  expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, 'godwit', `bytes 6-11/${bytes.length}`]);
  const twice = await demo.ask('PUT', `/image/v2/images/${id}/file`, 'more', octets);
  expect(twice.status).toBe(409);
});

test('only a shared image has members, each once, and only the member itself or an admin answers for it', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const body = { name: 'golden', disk_format: 'raw', container_format: 'bare' };
  const made = await demo.ask('POST', '/image/v2/images', body);
  const path = `/image/v2/images/${made.textAt('id')}/members`;
  const share = async (member: string) => (await demo.ask('POST', path, { member })).status;
  expect([await share('theirs'), await share('theirs'), await share('others')]).toEqual([200, 409, 200]);
  expect((await demo.ask('PUT', `${path}/theirs`, { status: 'accepted' })).status).toBe(403);
  expect((await demo.ask('DELETE', `${path}/others`)).status).toBe(204);
  const more = Array.from({ length: 127 }, (_, place) => `project-${place}`);
  for (const member of more) expect(await share(member)).toBe(200);
  expect(await share('one-too-many')).toBe(413);
  const hidden = await demo.ask('POST', '/image/v2/images', { ...body, visibility: 'private' });
  const its = `/image/v2/images/${hidden.textAt('id')}/members`;
  expect((await demo.ask('GET', its)).status).toBe(403);
  expect((await demo.ask('POST', its, { member: 'theirs' })).status).toBe(403);
});

test('a quarter of a gibibyte of zeros is streamed in and out in bounded memory and takes no room on disk', async () => {
  const stateDir = await aFolder();
  const twin = await aTwin({ stateDir });
  const demo = await login(twin);
  const made = await demo.ask('POST', '/image/v2/images', { disk_format: 'raw', container_format: 'bare' });
  const url = new URL(`/image/v2/images/${made.textAt('id')}/file`, twin.authUrl);
  const piece = Buffer.alloc(1024 * 1024);
  const pieces = 256;
  const before = process.memoryUsage().rss;
  let most = 0;
  async function* body(): AsyncGenerator<Buffer> {
    for (let count = 0; count < pieces; count += 1) {
      most = Math.max(most, process.memoryUsage().rss);
      yield piece;
    }
  }
  const headers = { 'x-auth-token': demo.token, ...octets };
  const put = await fetch(url, {
    method: 'PUT',
    headers,
    body: Readable.toWeb(Readable.from(body())),
    duplex: 'half',
  } as RequestInit);
  expect(put.status).toBe(204);
  const got = await fetch(url, { headers: { 'x-auth-token': demo.token } });
  let received = 0;
  for await (const chunk of got.body ?? []) {
    received += chunk.length;
    most = Math.max(most, process.memoryUsage().rss);
  }
  expect(received).toBe(pieces * piece.length);
  expect(most - before).toBeLessThan(128 * 1024 * 1024);
  const file = await stat(join(stateDir, 'images', made.textAt('id')));
  expect(file.size).toBe(pieces * piece.length);
  expect(file.blocks * 512).toBeLessThan(1024 * 1024);
}, 60_000);

test('an upload that is cut leaves the image queued, so that it may be sent again', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const made = await demo.ask('POST', '/image/v2/images', { disk_format: 'raw', container_format: 'bare' });
  const file = `/image/v2/images/${made.textAt('id')}/file`;
  twin.faults.set([{ do: 'drop-after', bytes: 100_000, times: 1, match: { service: 'image', method: 'PUT' } }]);
  await expect(demo.ask('PUT', file, Buffer.alloc(4_000_000, 1), octets)).rejects.toThrow();
  await until(
    () => demo.ask('GET', `/image/v2/images/${made.textAt('id')}`),
    (reply) => reply.at('status') === 'queued',
  );
  expect((await demo.ask('PUT', file, Buffer.alloc(4_000_000, 1), octets)).status).toBe(204);
});

test('a quota stops an upload with 413', async () => {
  const demo = await login(await aTwin({ quotas: { image: { image_bytes: 1000 } } }));
  const made = await demo.ask('POST', '/image/v2/images', { disk_format: 'raw', container_format: 'bare' });
  expect((await demo.ask('PUT', `/image/v2/images/${made.textAt('id')}/file`, Buffer.alloc(8_000_000, 1), octets)).status).toBe(
    413,
  );
});

test('properties are patched, found by and kept from what Glance owns', async () => {
  const demo = await login(await aTwin());
  const id = await anImage(demo, Buffer.from('x'), { godwit_campaign: 'c1', protected: true });
  const change = (ops: unknown) => demo.ask('PATCH', `/image/v2/images/${id}`, ops, patch);
  expect((await change([{ op: 'add', path: '/hw_disk_bus', value: 'virtio' }])).at('hw_disk_bus')).toBe('virtio');
  expect((await change([{ op: 'replace', path: '/nothing', value: 'x' }])).status).toBe(409);
  expect((await change([{ op: 'replace', path: '/status', value: 'queued' }])).status).toBe(403);
  expect((await demo.ask('GET', '/image/v2/images?godwit_campaign=c1')).listAt('images')).toHaveLength(1);
  expect((await demo.ask('GET', '/image/v2/images?godwit_campaign=c2')).listAt('images')).toHaveLength(0);
  expect((await demo.ask('DELETE', `/image/v2/images/${id}`)).status).toBe(403);
});

test('images come in pages that a marker leads through', async () => {
  const demo = await login(await aTwin({ pageSize: 2 }));
  for (let count = 0; count < 3; count += 1) await demo.ask('POST', '/image/v2/images', { name: `i${count}` });
  const first = await demo.ask('GET', '/image/v2/images');
  const second = await demo.ask('GET', `/image${first.textAt('next')}`);
  expect([first.listAt('images').length, second.listAt('images').length, second.at('next')]).toEqual([2, 1, undefined]);
});
