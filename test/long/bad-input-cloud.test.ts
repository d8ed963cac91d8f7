import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { selfSigned } from '../../protocol/transport/certificate.ts';
import { cli, type Daemon, pairDaemons, startDaemon, writeReceiverConfig, writeSenderConfig } from '../support/daemons.ts';
import { Endings } from '../support/endings.ts';
import { makeShop } from '../support/shop.ts';
import { type Refused, refusedBy } from '../support/two-clouds.ts';
import { startTwin, type Twin, type TwinOptions } from '../twin/twin.ts';

let dir: string;
let endings: Endings;
let twin: Twin;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'godwit-cloud-'));
  endings = new Endings();
  endings.add('the folder', () => rm(dir, { recursive: true, force: true }));
  twin = await aTwin('plain');
});
afterAll(() => endings?.run());

async function aTwin(name: string, more: Partial<TwinOptions> = {}): Promise<Twin> {
  const stateDir = join(dir, name);
  const started = await startTwin({ stateDir, pace: 0, zeroDiskForMembers: true, seed: { projects: ['shop'] }, ...more });
  endings.add(name, () => started.stop());
  return started;
}

describe('a sender that cannot', () => {
  /** How a sender of its own, which knows this cloud and no receiver, is refused a plan. */
  async function refusalAt(name: string, authUrl: string, password = 'twin'): Promise<Refused> {
    const home = join(dir, `${name}-home`);
    await mkdir(home);
    const daemon = await startDaemon(await writeSenderConfig(home, { name, authUrl, password }), endings);
    const refused = await refusedBy(daemon, ['plan', '--project', 'shop', '-o', join(home, 'plan.yaml')]);
    expect(JSON.stringify(refused)).not.toContain('canary');
    expect(refused.hint).not.toBe('');
    return refused;
  }

  test.concurrent('sign in says so, without the password', async () => {
    expect(await refusalAt('wrong', twin.authUrl, 'canary-password')).toMatchObject({ code: 'E_AUTH', exit: 20 });
  });

  test.concurrent('find a service in the catalogue names it', async () => {
    const poor = await aTwin('poor', { withoutServices: ['network'] });
    const refused = await refusalAt('poor', poor.authUrl);
    expect(refused).toMatchObject({ code: 'E_ENDPOINT_MISSING', exit: 20, says: expect.stringContaining('network') });
  });

  test.concurrent('reach its cloud says so', async () => {
    const refused = await refusalAt('nowhere', 'http://127.0.0.1:9/identity/v3');
    expect(refused).toMatchObject({ code: 'E_CLOUD_UNREACHABLE', exit: 20 });
  });
});

describe('clouds with certificates of their own authorities', () => {
  let sender: Daemon;
  let receiver: Daemon;
  const twins: Twin[] = [];

  beforeAll(async () => {
    await makeShop(dir);
    for (const name of ['source', 'destination']) {
      const { key, cert } = aCertificate();
      await writeFile(join(dir, `${name}.pem`), cert);
      twins.push(await aTwin(name, { host: 'localhost', tls: { key, cert } }));
    }
    const access = (name: string, which: number) => ({ name, authUrl: twins[which]?.authUrl ?? '', password: 'twin' });
    sender = await startDaemon(await writeSenderConfig(dir, access('west', 0)), endings);
    receiver = await startDaemon(await writeReceiverConfig(dir, access('east', 1)), endings);
  });

  function aCertificate(): { key: string; cert: string } {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const from = new Date(Date.now() - 3_600_000);
    const until = new Date(Date.now() + 3_600_000);
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    return { key, cert: selfSigned(privateKey, publicKey, 'localhost', from, until) };
  }

  /**
   * Gives a daemon the certificate of its cloud's CA, as an operator would: in its configuration,
   * with a restart.
   */
  async function trust(daemon: Daemon, authority: string): Promise<void> {
    const settings = parse(await readFile(daemon.config.file, 'utf8')) as { cloud: { settings: Record<string, unknown> } };
    settings.cloud.settings['cacert'] = join(dir, `${authority}.pem`);
    await daemon.stop();
    await writeFile(daemon.config.file, stringify(settings));
    await daemon.start();
  }

  const planArgs = (): string[] => ['plan', '--project', 'shop', '-o', join(dir, 'tls.yaml')];
  const untrusted = (which: number): object => ({
    code: 'E_CLOUD_TLS',
    exit: 20,
    says: expect.stringContaining(new URL(twins[which]?.authUrl ?? '').host),
    hint: expect.stringContaining('cacert'),
  });

  test('are trusted on neither side until each daemon is given its cloud’s; an unpaired sender is told so; then the tenant moves', async () => {
    expect(await refusedBy(sender, planArgs())).toMatchObject(untrusted(0));
    await trust(sender, 'source');
    expect(await refusedBy(sender, planArgs())).toMatchObject({ code: 'E_PEER_UNPAIRED', exit: 11 });
    await pairDaemons(sender.config, receiver.config);
    expect(await refusedBy(sender, planArgs())).toMatchObject(untrusted(1));
    await trust(receiver, 'destination');
    await expect.poll(async () => (await cli(sender.config, planArgs())).code, { timeout: 20_000 }).toBe(0);
    const { code, stdout } = await cli(sender.config, ['migrate', join(dir, 'tls.yaml'), '--watch', '--json']);
    expect(code, stdout).toBe(0);
  });
});
