import { rename } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadOrCreateIdentity } from '../../protocol/transport/identity.ts';
import { tlsProfile } from '../../protocol/transport/tls-profile.ts';
import { ask, pairDaemons } from '../support/daemons.ts';
import { refusedBy, TwoClouds } from '../support/two-clouds.ts';

let clouds: TwoClouds;
/** Where the receiver listens. */
let address: string;

beforeAll(async () => {
  clouds = await TwoClouds.open();
  ({ listening: address } = await ask<{ listening: string }>(clouds.receiver.config, ['status']));
});
afterAll(() => clouds?.close());

const planArgs = (): string[] => ['plan', '--project', 'shop', '-o', join(clouds.dir, 'any.yaml')];
const plans = (): Promise<unknown> => ask(clouds.sender.config, planArgs());
const code = async (...args: string[]): Promise<string> =>
  (await ask<{ code: string }>(clouds.receiver.config, ['pair', ...args])).code;

describe('a pairing code', () => {
  test.each([
    ['expired', 'E_PAIRING_EXPIRED'],
    ['replayed', 'E_PAIRING_USED'],
    ['guessed', 'E_PAIRING_WRONG_CODE'],
  ])('that is %s is refused, and whoever is paired stays so', async (how, refusal) => {
    const given = await code('--valid-for', how === 'expired' ? '1' : '60');
    if (how === 'expired') await new Promise((resolve) => setTimeout(resolve, 1_100));
    if (how === 'replayed') await ask(clouds.sender.config, ['pair', address], `${given}\n`);
    const typed = how === 'guessed' ? given.replace(/[^-](?=[^-]*$)/, (one) => (one === '2' ? '3' : '2')) : given;
    const refused = await refusedBy(clouds.sender, ['pair', address], `${typed}\n`);
    expect(refused).toMatchObject({ code: refusal, exit: 11, hint: expect.stringMatching(/receiver (un)?pair/) });
    expect(JSON.stringify(refused)).not.toContain(typed);
    await plans();
  });
});

describe('a paired sender that says what it must not', () => {
  /**
   * Sends frames with the sender's own key; returns what the receiver sends until it closes the
   * connection or answers request 9.
   */
  async function say(
    frames: readonly (object | string | Buffer)[],
    protocol = 'godwit.1',
  ): Promise<{ heard: string; closed: number | null }> {
    const identity = await loadOrCreateIdentity(join(clouds.sender.config.state, 'identity'), 'sender');
    const socket = new WebSocket(`wss://${address}`, protocol, { ...tlsProfile(identity), rejectUnauthorized: false });
    return new Promise((resolve, reject) => {
      let heard = '';
      const end = (closed: number | null): void => {
        resolve({ heard, closed });
        socket.terminate();
      };
      socket.on('error', reject);
      socket.on('unexpected-response', (_, response) => {
        response.on('data', (data: Buffer) => (heard += data.toString())).on('end', () => end(response.statusCode ?? 0));
      });
      socket.on('open', () => {
        for (const frame of frames)
          socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
      });
      socket.on('message', (data: Buffer) => {
        heard += data.toString();
        if (heard.includes('"id":9')) end(null);
      });
      socket.on('close', (closed) => end(closed));
    });
  }

  const hello = { id: 1, name: 'session.hello', params: { role: 'sender', release: '0', features: [], name: 'odd' } };
  const bad = (name: string, params: object = {}): object => ({ id: 9, name, params });

  test.each<[string, (object | string | Buffer)[], string | number]>([
    ['an unknown message', [hello, bad('campaign.destroy')], 'E_UNKNOWN_MESSAGE'],
    ['a message out of phase', [hello, bad('campaign.commit', { campaign: crypto.randomUUID() })], 'E_OUT_OF_TURN'],
    ['a path for a campaign', [hello, bad('campaign.open', { campaign: '../../etc' })], 'E_MALFORMED'],
    ['half a frame of JSON', [hello, '{"id":9,'], 1002],
    ['a cut-off binary frame', [hello, Buffer.alloc(3)], 1002],
    ['a frame of seventeen MiB', [hello, Buffer.alloc(17 * 1024 * 1024)], 1009],
  ])('is refused %s, and the daemon lives on', async (_, frames, wanted) => {
    const { heard, closed } = await say(frames);
    if (typeof wanted === 'string') expect(heard).toContain(wanted);
    else expect(closed).toBe(wanted);
    expect(clouds.receiver.child().isRunning()).toBe(true);
  });

  test('is refused another major of the protocol, with who must be upgraded', async () => {
    const { heard, closed } = await say([], 'godwit.2');
    expect(closed).toBe(426);
    expect(JSON.parse(heard)).toMatchObject({
      code: 'E_PROTOCOL_VERSION',
      says: expect.stringContaining('upgrade the receiver'),
    });
    await plans();
  });
});

test('a receiver that forgot the sender refuses it, until they pair again', async () => {
  const { peers } = await ask<{ peers: { name: string }[] }>(clouds.receiver.config, ['peers']);
  for (const { name } of peers) await ask(clouds.receiver.config, ['unpair', name]);
  const before = clouds.writes();
  await expect
    .poll(() => refusedBy(clouds.sender, planArgs()), { timeout: 20_000 })
    .toMatchObject({ code: 'E_PEER_UNPAIRED', exit: 11 });
  expect(clouds.writes()).toBe(before);
  await pairDaemons(clouds.sender.config, clouds.receiver.config);
  await plans();
});

test('an address where nothing listens, and one where something else does, are told apart', async () => {
  const given = await code();
  const nothing = await refusedBy(clouds.sender, ['pair', '127.0.0.1:9'], `${given}\n`);
  expect(nothing).toMatchObject({ code: 'E_PEER_UNREACHABLE', exit: 10, says: expect.stringContaining('nothing listens') });
  const web = new URL(clouds.source.twin.authUrl).host;
  const other = await refusedBy(clouds.sender, ['pair', web], `${given}\n`);
  expect(other).toMatchObject({ code: 'E_PEER_UNREACHABLE', exit: 10, says: expect.stringContaining('does not speak TLS 1.3') });
});

test('a receiver that goes away in the middle lets the source run again, and the campaign goes on once it is back', async () => {
  clouds.source.twin.faults.set([{ do: 'delay', ms: 800, match: { service: 'image', method: 'GET', path: '/file$' }, times: 1 }]);
  const options = { ...clouds.plan.options, parallel: 1, peer_timeout_seconds: 4 };
  const { campaign } = await clouds.daemon.migrate({
    plan: JSON.stringify({ ...clouds.plan, options }),
    file: 'plan.yaml',
    options: {},
  });
  await clouds.untilPhase(campaign, 'copy');
  await clouds.receiver.kill();
  // What the receiver may have begun cannot be taken back without it: the servers are held until it
  // is there again.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  await clouds.receiver.start();
  const rested = await clouds.rest(campaign);
  expect(rested).toMatchObject({ state: 'failed', problem: { code: expect.stringMatching(/^E_PEER_(LOST|UNREACHABLE)$/) } });
  expect(await clouds.sourceStates()).toEqual(['ACTIVE', 'ACTIVE']);
  await clouds.daemon.resume({ campaign });
  expect(await clouds.rest(campaign)).toMatchObject({ state: 'ready' });
  await clouds.daemon.rollback({ campaign });
  expect(await clouds.rest(campaign)).toMatchObject({ state: 'rolled back' });
});

test('another key at the receiver’s address is an impostor, and one of another major is told who must be upgraded', async () => {
  const identity = join(clouds.receiver.config.state, 'identity');
  await clouds.receiver.stop();
  await rename(identity, `${identity}.true`);
  await clouds.receiver.start();
  // A restarted sender dials at once.
  await clouds.sender.stop();
  await clouds.sender.start();
  const impostor = { code: 'E_PEER_IMPOSTOR', exit: 11, hint: expect.stringContaining('receiver peers') };
  await expect.poll(() => refusedBy(clouds.sender, planArgs()), { timeout: 40_000 }).toMatchObject(impostor);
  await clouds.receiver.stop();
  await rename(identity, `${identity}.false`);
  await rename(`${identity}.true`, identity);
  const server = createServer({
    ...tlsProfile(await loadOrCreateIdentity(identity, 'receiver')),
    requestCert: true,
    rejectUnauthorized: false,
  });
  const says = 'This receiver speaks godwit.2, that sender godwit.1: upgrade the sender.';
  const body = JSON.stringify({ code: 'E_PROTOCOL_VERSION', says, hint: 'Upgrade it.' });
  server.on('upgrade', (_, socket) => {
    socket.end(
      `HTTP/1.1 426 Upgrade Required\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(Number(address.split(':').at(-1)), '127.0.0.1', resolve));
  clouds.endings.add('the other major', async () => void server.close());
  await clouds.sender.stop();
  await clouds.sender.start();
  await expect
    .poll(() => refusedBy(clouds.sender, planArgs()), { timeout: 40_000 })
    .toMatchObject({ code: 'E_PROTOCOL_VERSION', exit: 10, says });
});
