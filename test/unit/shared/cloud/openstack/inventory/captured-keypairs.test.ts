import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import { anSshKey } from '../../../../../support/ssh-server.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

/** A project with a keypair `used` of its one server, and one of each type that no server uses. */
async function aProject() {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const demo = await aHand(twin);
  const keys = { used: anSshKey().publicKey.trim(), spare: anSshKey().publicKey.trim() };
  for (const [name, public_key] of Object.entries(keys))
    await demo.ask('POST', 'compute', '/os-keypairs', { keypair: { name, public_key } });
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n';
  await demo.ask('POST', 'compute', '/os-keypairs', { keypair: { name: 'certified', type: 'x509', public_key: certificate } });
  const { images } = await demo.ask<{ images: { id: string }[] }>('GET', 'image', '/images');
  const { flavors } = await demo.ask<{ flavors: { id: string; name: string }[] }>('GET', 'compute', '/flavors');
  const flavorRef = flavors.find((flavor) => flavor.name === 'm1.bare')?.id;
  const server = { name: 'keyed', imageRef: images[0]?.id, flavorRef, networks: 'none', key_name: 'used' };
  await demo.ask('POST', 'compute', '/servers', { server });
  const captured = async (user: 'demo' | 'admin', ...servers: string[]) => {
    const source = new OpenStackSource(await accessTo(twin.authUrl, user));
    onTestFinished(() => source.close());
    return source.inventory({ project: 'demo', servers }, AbortSignal.timeout(15_000));
  };
  return { twin, keys, captured };
}

const namesOf = ({ document }: { readonly document: { readonly keypairs: readonly { readonly name: string }[] } }) =>
  document.keypairs.map(({ name }) => name).sort();

test('a project is captured with all keypairs of its user, a server with its own', async () => {
  const { keys, captured } = await aProject();
  const whole = await captured('demo');
  expect(namesOf(whole)).toEqual(['certified', 'spare', 'used']);
  expect(whole.document.keypairs.find(({ name }) => name === 'spare')).toMatchObject({ type: 'ssh', public_key: keys.spare });
  expect(whole.document.keypairs.find(({ name }) => name === 'certified')).toMatchObject({ type: 'x509' });
  expect(namesOf(await captured('demo', 'keyed'))).toEqual(['used']);
});

test('an admin who captures another project takes no keypair of his own along', async () => {
  const { twin, keys, captured } = await aProject();
  const admin = await aHand(twin, 'admin');
  await admin.ask('POST', 'compute', '/os-keypairs', { keypair: { name: 'root', public_key: keys.spare } });
  expect(namesOf(await captured('admin'))).toEqual(['used']);
});

test('where a server uses another user’s keypair, one of ours of that name stays, and is told', async () => {
  const { twin, keys } = await aProject();
  const admin = await aHand(twin, 'admin', 'demo');
  await admin.ask('POST', 'compute', '/os-keypairs', { keypair: { name: 'used', public_key: keys.spare } });
  const source = new OpenStackSource(await accessTo(twin.authUrl, 'admin', 'demo'));
  onTestFinished(() => source.close());
  const { document, concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(15_000));
  expect(document.keypairs.map(({ name, public_key }) => [name, public_key])).toEqual([['used', keys.used]]);
  const says = concerns.find(({ code }) => code === 'left_behind.keypairs')?.says;
  expect(says).toMatch(/\(3\): used, (certified|spare) of user/);
});
