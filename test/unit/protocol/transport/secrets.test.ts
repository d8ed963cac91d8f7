import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pairWith } from '../../../../protocol/transport/dial.ts';
import { privateKeyPem } from '../../../../protocol/transport/identity.ts';
import { newPairingCode } from '../../../../protocol/transport/pairing-code.ts';
import { anSshKey, startSshServer } from '../../../support/ssh-server.ts';
import { aFolder, aHouse, aReceiver, pair, problemOf, untilTestEnds } from './house.ts';

/** Everything a log, a terminal or a file could make of a value. */
function told(value: unknown): string {
  return [inspect(value, { depth: 20, showHidden: true, getters: true }), JSON.stringify(value), String(value)].join('\n');
}

/** A code in every spelling, and whole lines of a private key. */
function spellings(code: string): string[] {
  return [code, code.replaceAll('-', ''), code.toLowerCase(), code.replaceAll('-', '').toLowerCase()];
}

describe('a secret', () => {
  test('of pairing is told nowhere: not in problems of either side, not in the window, not in any file', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const { identity, peers } = sender;
    const route = { address: receiver.address, name: 'cloud-a', identity, peers, signal: untilTestEnds() };
    const right = receiver.window.open();
    const wrong = newPairingCode();
    const problems = [
      await problemOf(pairWith({ ...route, code: wrong })),
      await problemOf(pairWith({ ...route, code: `${wrong}U` })),
    ];
    const open = told(receiver.window);
    await pairWith({ ...route, code: right });
    problems.push(await problemOf(pairWith({ ...route, code: right })));
    const files = await Promise.all([sender.peers.path, receiver.peers.path].map((path) => readFile(path, 'utf8')));
    const everything = [
      open,
      told(receiver.window),
      told(receiver.listener),
      told(receiver.refused),
      ...problems.map(told),
      ...files,
    ].join('\n');
    for (const secret of [...spellings(right), ...spellings(wrong)]) expect(everything).not.toContain(secret);
  });

  test('key of a daemon lies in its identity file alone, and prints nowhere', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const peer = await pair(sender, receiver);
    const lines = privateKeyPem(sender.identity.privateKey)
      .split('\n')
      .filter((line) => line.length > 20 && !line.startsWith('-----'));
    expect(lines.length).toBeGreaterThan(0);
    const files = await Promise.all(
      (await readdir(sender.dir))
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFile(join(sender.dir, name), 'utf8')),
    );
    const everything = [told(sender), told(peer), told(receiver.sockets), ...files].join('\n');
    for (const line of lines) expect(everything).not.toContain(line);
    expect(everything).not.toContain('PRIVATE KEY');
  });

  test('passphrase of an SSH key is told in no failure on the way', async () => {
    const sender = await aHouse('sender');
    const receiver = await aReceiver();
    const dir = await aFolder();
    const hostKey = anSshKey();
    const userKey = anSshKey('ed25519', 'canary-passphrase');
    const server = await startSshServer({ hostKeys: [hostKey.privateKey], user: 'mover', authorizedKey: anSshKey().publicKey });
    onTestFinished(server.close);
    const keyFile = join(dir, 'key');
    const knownHosts = join(dir, 'known_hosts');
    await writeFile(keyFile, userKey.privateKey);
    const { identity, peers } = sender;
    const attempt = async (passphrase: string) => {
      const ssh = { knownHosts: [knownHosts], keyFile, passphrase: () => passphrase };
      const address = `ssh://mover@127.0.0.1:${server.port}/${receiver.listener.port}`;
      return await problemOf(
        pairWith({ address, code: newPairingCode(), name: 'a', identity, peers, signal: untilTestEnds(), ssh }),
      );
    };
    const problems = [await attempt('canary-passphrase'), await attempt('canary-mistyped')];
    await writeFile(knownHosts, `[127.0.0.1]:${server.port} ${hostKey.publicKey}\n`);
    problems.push(await attempt('canary-passphrase'));
    expect(problems.map((problem) => problem.code)).toEqual(['E_SSH_HOST_KEY_UNKNOWN', 'E_SSH_KEY', 'E_SSH_AUTH']);
    for (const problem of problems) expect(told(problem)).not.toContain('canary');
    for (const line of userKey.privateKey.split('\n').slice(1, -2)) expect(problems.map(told).join('\n')).not.toContain(line);
  });
});
