import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dial, pairWith } from '../../../../protocol/transport/dial.ts';
import type { SshOptions } from '../../../../protocol/transport/ssh-tunnel.ts';
import type { Problem } from '../../../../shared/problem.ts';
import { anSshKey, startSshServer } from '../../../support/ssh-server.ts';
import { aFolder, aHouse, aReceiver, echo, problemOf, untilTestEnds } from './house.ts';
import { aPort } from './taps.ts';
import { aWay, pairOver, type Way } from './way.ts';

/** An SSH agent that holds one key, and the path of its socket. */
async function anAgent(privateKey: string): Promise<string> {
  const path = join(await aFolder(), 'agent');
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  const server = createServer((socket) => {
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on('identities', (request) => protocol.getIdentitiesReply(request, [key]));
    protocol.on('sign', (request, _key, data) => {
      const signature = key.sign(data);
      if (signature instanceof Error) protocol.failureReply(request);
      else protocol.signReply(request, signature);
    });
    socket.on('error', () => undefined);
    socket.pipe(protocol).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

async function failing(way: Way, more: Partial<SshOptions> = {}): Promise<Problem> {
  const problem = await problemOf(pairOver(way, more));
  expect(await way.receiver.peers.list()).toEqual([]);
  return problem;
}

describe('a session through SSH', () => {
  test('is paired and opened where only the SSH port can be reached, with the same mutual TLS inside', async () => {
    const way = await aWay();
    const peer = await pairOver(way);
    expect(peer.address).toBe(way.address);
    expect(peer.fingerprint).toBe(way.receiver.identity.fingerprint);
    const webSocket = await dial({ address: way.address, ...way.sender, peer, signal: untilTestEnds(), ssh: way.ssh });
    expect(await echo(webSocket, 'through the tunnel')).toBe('through the tunnel');
    const large = 'x'.repeat(3_000_000);
    expect(await echo(webSocket, large)).toBe(large);
    expect(way.receiver.sockets[0]?.peer.name).toBe('cloud-a');
  });

  test('still refuses a sender that SSH lets in but that is not paired', async () => {
    const way = await aWay();
    const peer = await pairOver(way);
    const stranger = await aHouse('sender');
    const problem = await problemOf(dial({ address: way.address, ...stranger, peer, signal: untilTestEnds(), ssh: way.ssh }));
    expect(problem.code).toBe('E_PEER_UNPAIRED');
  });

  test('ends when the SSH connection is cut', async () => {
    const way = await aWay();
    const peer = await pairOver(way);
    const webSocket = await dial({ address: way.address, ...way.sender, peer, signal: untilTestEnds(), ssh: way.ssh });
    const closed = new Promise<number>((resolve) => webSocket.once('close', resolve));
    way.server.cut();
    expect(await closed).toBe(1006);
  });

  test('leaves no SSH connection behind when it is closed', async () => {
    const way = await aWay();
    const peer = await pairOver(way);
    const webSocket = await dial({ address: way.address, ...way.sender, peer, signal: untilTestEnds(), ssh: way.ssh });
    await echo(webSocket, 'x');
    webSocket.close(1000);
    await expect.poll(() => way.server.connections(), { timeout: 5000 }).toBe(0);
  });

  test('opens the key with its passphrase', async () => {
    const way = await aWay({ passphrase: 'canary-passphrase' });
    expect((await pairOver(way, { passphrase: () => 'canary-passphrase' })).name).toBe('cloud-b');
  });

  test.each([
    ['missing', undefined],
    ['wrong', () => 'canary-wrong'],
  ])('says that the passphrase is %s, and never what it is', async (word, passphrase) => {
    const problem = await failing(await aWay({ passphrase: 'canary-passphrase' }), { passphrase });
    expect(problem.code).toBe('E_SSH_KEY');
    expect(problem.message).toContain(`passphrase is ${word}`);
    expect(JSON.stringify(problem) + String(problem.cause)).not.toContain('canary');
  });

  test('says that the key file is missing, damaged, or not configured', async () => {
    const way = await aWay();
    expect((await failing(way, { keyFile: '/nonexistent/key' })).code).toBe('E_SSH_KEY');
    expect((await failing(way, { keyFile: way.knownHosts })).code).toBe('E_SSH_KEY');
    expect((await failing(way, { keyFile: undefined })).message).toContain('Neither a private key nor an agent');
  });

  test('is opened with a key that an agent holds', async () => {
    const way = await aWay();
    const agent = await anAgent(await readFile(join(way.knownHosts, '..', 'id_ed25519'), 'utf8'));
    expect((await pairOver(way, { keyFile: undefined, agent })).name).toBe('cloud-b');
  });

  test('says that the agent is not there', async () => {
    const problem = await failing(await aWay(), { keyFile: undefined, agent: '/nonexistent/agent' });
    expect(['E_SSH_KEY', 'E_SSH_AUTH']).toContain(problem.code);
  });

  test('says that the user is not let in', async () => {
    const problem = await failing(await aWay({ stranger: true }));
    expect(problem.code).toBe('E_SSH_AUTH');
    expect(problem.message).toContain('mover');
  });

  test('says that forwarding is forbidden', async () => {
    const problem = await failing(await aWay({ forwarding: false }));
    expect(problem.code).toBe('E_SSH_FORWARD');
    expect(problem.hint).toContain('AllowTcpForwarding');
  });

  test('says that no receiver listens at the far loopback', async () => {
    const way = await aWay();
    const problem = await failing({ ...way, address: way.address.replace(/\d+$/, '1') });
    expect(problem.code).toBe('E_SSH_FORWARD');
    expect(problem.message).toContain('port 1 ');
  });

  test('is not opened to a host whose key is unknown', async () => {
    const way = await aWay();
    await writeFile(way.knownHosts, '');
    const problem = await failing(way);
    expect(problem.code).toBe('E_SSH_HOST_KEY_UNKNOWN');
    expect(problem.hint).toContain(`add this line to ${way.knownHosts}: [127.0.0.1]:${way.server.port} ssh-ed25519 `);
  });

  test('is not opened to a host whose key has changed', async () => {
    const way = await aWay();
    await writeFile(way.knownHosts, `[127.0.0.1]:${way.server.port} ${anSshKey().publicKey}\n`);
    const problem = await failing(way);
    expect(problem.code).toBe('E_SSH_HOST_KEY_CHANGED');
    expect(problem.message).toContain(`${way.knownHosts}:1`);
  });

  test('asks a host with two keys for the one that is known', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const dir = await aFolder();
    const first = anSshKey('ed25519');
    const second = anSshKey('ecdsa');
    const userKey = anSshKey();
    const server = await startSshServer({
      hostKeys: [first.privateKey, second.privateKey],
      user: 'mover',
      authorizedKey: userKey.publicKey,
    });
    onTestFinished(server.close);
    const keyFile = join(dir, 'key');
    const knownHosts = join(dir, 'known_hosts');
    await writeFile(keyFile, userKey.privateKey);
    await writeFile(knownHosts, `[127.0.0.1]:${server.port} ${second.publicKey}\n`);
    const address = `ssh://mover@127.0.0.1:${server.port}/${receiver.listener.port}`;
    expect(
      (await pairOver({ sender, receiver, server, address, knownHosts, ssh: { knownHosts: [knownHosts], keyFile } })).name,
    ).toBe('cloud-b');
  });

  test('says that SSH does not answer in time', async () => {
    const way = await aWay();
    const mute = await aPort(() => undefined);
    const { identity, peers } = way.sender;
    const route = {
      address: `ssh://mover@${mute}`,
      identity,
      peers,
      signal: untilTestEnds(),
      ssh: way.ssh,
      limits: { sshMs: 100 },
    };
    const problem = await problemOf(pairWith({ ...route, code: way.receiver.window.open(), name: 'cloud-a' }));
    expect(problem.code).toBe('E_PEER_UNREACHABLE');
    expect(problem.message).toContain('did not let us in by SSH within 0.1 s');
  });

  test('says that what answers is no SSH server', async () => {
    const way = await aWay();
    const web = await aPort((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const problem = await failing({ ...way, address: `ssh://mover@${web}` });
    expect(problem.code).toBe('E_PEER_UNREACHABLE');
  });
});
