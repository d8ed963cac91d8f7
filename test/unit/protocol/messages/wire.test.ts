import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type DataFrame, decodeText, encodeText, type TextFrame } from '../../../../protocol/connection/frame.ts';
import { validate, validatePart } from '../../../../protocol/connection/validate.ts';
import { messages, type Name, type Params, type Requests, type Result } from '../../../../protocol/messages.ts';
import { parsePart } from '../../../../shared/model/configurations.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aResource } from '../../../support/build.ts';
import { aDocument, decodeWhole, encodeData } from '../../../support/protocol.ts';

/*
 * The bytes of every message, kept under test/wire/v1: one text frame per line, a message before
 * its answer; a data frame in hex. A file is written by the first run that misses it, and read by
 * the second (`npx vitest run --config test/vitest.config.ts wire`).
 *
 * Before a release, a message that changed is renewed with `-u`. From its first release on a file
 * MUST NOT change: an addition to a message gets a file of its own,
 * `<name>+<what was added>.jsonl`, and the old bytes must still be read.
 */
const folder = new URL('../../../wire/v1/', import.meta.url);

const campaign = '7d9f2c1e-4b5a-4c3d-8e2f-1a0b9c8d7e6f';
const root = 'ab'.repeat(32);
const server = 's1';
const disk = 's1.root';
const handle = 1;

type Sample<N extends Name> = N extends Exclude<Requests, 'disk.pull'> ? [Params<N>, Result<N>] : [Params<N>];

/** One sample of every message: its params, and its result where it has one. */
const samples: { readonly [N in Name]: Sample<N> } = {
  'session.hello': [
    { role: 'sender', release: '0.1.0', features: ['example'], name: 'geneva' },
    { role: 'receiver', release: '0.1.0', features: [], name: 'zürich 🏔' },
  ],
  'session.join': [{ session: '00112233445566778899aabbccddeeff' }, {}],
  'session.goodbye': [{ reason: 'The campaign is committed.' }],
  'cloud.facts': [
    {},
    {
      provider: 'openstack',
      region: 'RegionOne',
      project_id: 'p2',
      project_name: 'shop',
      kinds: ['network', 'server'],
      admin: false,
      flavors: [{ id: 'f1', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20, ephemeral: 0, swap: 0, extra_specs: {} }],
      networks: [
        {
          id: 'n9',
          name: 'public',
          external: true,
          shared: false,
          project_id: 'admin',
          subnets: [{ id: 'sn9', name: 'public', cidr: '203.0.113.0/24', ip_version: 4 }],
        },
      ],
      keypairs: [{ name: 'ops', fingerprint: '3a:4b' }],
      volume_types: [{ id: 'vt1', name: 'fast', extra_specs: { volume_backend_name: 'ssd' } }],
      users: [{ id: 'u1', name: 'ada' }],
      groups: [],
      quotas: { instances: { limit: 10, used: 2 }, cores: { limit: -1, used: 4 } },
      staging_free_bytes: 107374182400,
    },
  ],
  'document.part': [{ campaign, part: 3, resources: parsePart({ keypairs: [aResource('keypair')] }) }, {}],
  'campaign.preflight': [
    { campaign, configurations: aDocument() },
    {
      concerns: [
        { code: 'flavor.missing', severity: 'blocking', about: 'flavor/f1', says: 'No such flavor.', remedy: 'Map it.' },
      ],
      decisions: [{ ref: 'network/n1', action: 'create', why: 'Nothing there has its name.' }],
      earlier: [{ ref: 'floating_ip/f1', id: 'b1', campaign, address: '203.0.113.7' }],
    },
  ],
  'campaign.open': [{ campaign }, { known: true, state: 'configured', session: '00112233445566778899aabbccddeeff' }],
  'campaign.configure': [
    { campaign, configurations: aDocument() },
    {
      marker: { counts: { network: 1, subnet: 2 }, digest: root, adopted: 1 },
      details: { 'network/n1': { differs: 'mtu is 1442, not 1450' } },
    },
  ],
  'campaign.completed': [
    { campaign, totals: { servers: 1, disks: 1, disk_bytes: 3145728, resources: { network: 1 }, roots: root } },
    { agreed: true },
  ],
  'campaign.commit': [
    { campaign, images: 'keep' },
    {
      freed_bytes: 3145728,
      left: {
        images: [{ ref: 'disk/s1.root', id: 'b1', why: 'Its server needs it.' }],
        stamped: [{ ref: 'network/n1', why: 'Refused.' }],
      },
    },
  ],
  'campaign.remove': [{ campaign }, { removed: ['port/p1', 'network/n1'], kept: [{ ref: 'flavor/f1', why: 'It was adopted.' }] }],
  'campaign.prove': [
    { campaign, plan: root, waivers: root },
    {
      signed_at: '2026-11-21T12:30:00.000Z',
      document: root,
      disks: [{ disk, root, sha256: null }],
      statement: root,
      key: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
      signature: 'MEUCIQ==',
    },
  ],
  'resource.prepare': [{ campaign, ref: 'port/p1' }, { built: { id: 'b4', how: 'created', detail: { address: '10.0.0.4' } } }],
  'resource.ensure': [
    { campaign, ref: 'floating_ip/fip1' },
    { id: 'b1', how: 'created', detail: { address: '203.0.113.7' } },
  ],
  'resource.remove': [{ campaign, ref: 'server/s1' }, { removed: true }],
  'resource.compare': [
    { campaign, refs: ['server/s1', 'network/n1'], stopped: ['server/s1'], begins: true },
    {
      compared: [
        {
          ref: 'server/s1',
          id: 'b5',
          how: 'created',
          digest: root,
          equal: ['name', 'tags'],
          mapped: ['flavor_id'],
          unread: ['hostname'],
          told: [{ attribute: 'config_drive', severity: 'minor', says: 'config_drive is true, not false' }],
          different: [{ attribute: 'metadata', severity: 'minor', says: 'metadata is [], not [["a","b"]]' }],
          strangers: ['interface 10.0.0.9 (port b7)'],
        },
        {
          ref: 'network/n1',
          id: null,
          how: null,
          digest: null,
          equal: [],
          mapped: [],
          unread: [],
          told: [],
          different: [{ attribute: '*', severity: 'serious', says: 'network/n1 has not been built at the destination.' }],
          strangers: [],
        },
      ],
    },
  ],
  'resource.built': [{ campaign, ref: 'network/n1', id: 'b2', how: 'found' }],
  'disk.offer': [{ campaign, server, disk, size: 196608, block_size: 65536, algorithm: 'blake3', data: 131072 }, { handle }],
  'disk.page': [{ handle, first: 0, digests: Buffer.alloc(96, 0xab).fill(0, 32, 64).toString('base64') }, { missing: 2 }],
  'disk.hole': [{ handle, first: 3, blocks: 4096 }, {}],
  'disk.refine': [{ handle, blocks: [[2, 1]] }, { pieces: Buffer.alloc(128, 0xcd).toString('base64') }],
  'disk.pull': [
    {
      handle,
      pieces: [
        [0, 16],
        [33, 2],
      ],
    },
  ],
  'disk.seal': [
    { handle, root },
    { root, blocks: 3, zero: 1, reused: 0, copied: 1, pulled: 1, mended: 0, bytes_pulled: 65536, bytes_wire: 20480 },
  ],
  'disk.verify': [
    { campaign, server, disk },
    { size: 3145728, sha256: root, image: 'b3', flaws: ['Image b3 is gone.'] },
  ],
  'server.health': [
    { campaign, server, probe: 'tcp:22' },
    { healthy: false, says: 'Port 22 does not answer.', lost: false },
  ],
  'server.watch': [
    { campaign, server, probe: 'ping' },
    { address: '203.0.113.7', ago_ms: 812, samples: 431 },
  ],
  'server.completed': [
    {
      campaign,
      server,
      summary: {
        phases: { stop: 5200, copy: 61000.5 },
        downtime_ms: 93000,
        disks: [{ disk, size: 3145728, root, bytes_zero: 1048576, bytes_reused: 1048576, bytes_pulled: 1048576 }],
      },
    },
    {},
  ],
};

const names = Object.keys(messages) as Name[];

describe('the golden frames of major 1', () => {
  it.each(names)('of %s are what is written today', async (name) => {
    const [params, result] = samples[name];
    const id = 7;
    const frames: TextFrame[] = messages[name].kind === 'notice' ? [{ name, params }] : [{ id, name, params }];
    if (result !== undefined) frames.push({ id, result });
    const text = frames.map((frame) => `${encodeText(frame)}\n`).join('');
    await expect(text).toMatchFileSnapshot(new URL(`${name}.jsonl`, folder).pathname);
  });

  it.each(names)('of %s are read, and mean what they meant', async (name) => {
    const [said = '', answer] = await linesOf(`${name}.jsonl`);
    const [params, result] = samples[name];
    const frame = decodeText(said);
    const from = messages[name].from === 'receiver' ? 'receiver' : 'sender';
    const greeted = messages[name].when !== 'greeting';
    const progress = { greeted, campaign: greeted ? campaign : undefined, lane: false };
    expect(frame).toMatchObject({ name });
    expect(validate(name, 'params' in frame ? frame.params : undefined, from, progress).params).toEqual(params);
    if (answer !== undefined) {
      const answered = decodeText(answer);
      expect(validatePart(name, 'result', 'result' in answered ? answered.result : undefined)).toEqual(result);
    }
  });

  it('have no file without its message', async () => {
    const known = [...names.map((name) => `${name}.jsonl`), 'problem.jsonl', 'data.hex'];
    expect((await readdir(folder)).filter((file) => !known.includes(file.replace(/\+[^.]*\./, '.')))).toEqual([]);
  });

  it('of a problem are what is written today, and are read', async () => {
    const problem = new Problem('E_QUOTA', 'The project may have 3 ports.', { about: 'port/p1', hint: 'Ask for more.' }).toJSON();
    await expect(`${encodeText({ id: 7, problem })}\n`).toMatchFileSnapshot(new URL('problem.jsonl', folder).pathname);
    expect(decodeText((await linesOf('problem.jsonl'))[0] ?? '')).toEqual({ id: 7, problem });
  });

  it('of a pull that lets its answer refer back are what is written today, and are read', async () => {
    const params = { handle: 1, pieces: [[1024, 1024]], after: [768, 256] };
    const text = `${encodeText({ id: 7, name: 'disk.pull', params })}\n`;
    await expect(text).toMatchFileSnapshot(new URL('disk.pull+after.jsonl', folder).pathname);
    expect(validatePart('disk.pull', 'params', params)).toEqual(params);
  });

  it('of a document whose parts came before are what is written today, and are read', async () => {
    const params = { campaign, configurations: aDocument(), parts: 4 };
    const text = `${encodeText({ id: 7, name: 'campaign.configure', params })}\n`;
    await expect(text).toMatchFileSnapshot(new URL('campaign.configure+parts.jsonl', folder).pathname);
    expect(validatePart('campaign.configure', 'params', params)).toEqual(params);
  });

  it('of data are what is written today, and are read', async () => {
    const frame: DataFrame = { id: 0x01020304, codec: 'none', rawBytes: 64, payload: Buffer.alloc(64, 7) };
    await expect(`${encodeData(frame).toString('hex')}\n`).toMatchFileSnapshot(new URL('data.hex', folder).pathname);
    expect(decodeWhole(Buffer.from((await linesOf('data.hex'))[0] ?? '', 'hex'))).toEqual(frame);
  });
});

async function linesOf(file: string): Promise<string[]> {
  expect(existsSync(new URL(file, folder)), `${file} is missing; this run writes it, the next one reads it`).toBe(true);
  return (await readFile(new URL(file, folder), 'utf8')).trimEnd().split('\n');
}
