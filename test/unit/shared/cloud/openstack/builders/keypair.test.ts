import { expect, test } from 'vitest';
import { aCampaign, aFurnishedTwin } from '../a-destination.ts';

const refused = { badRequest: { code: 400, message: 'Keypair data is invalid: failed to generate fingerprint' } };

test('a key of a type that the destination does not know says how its servers move without', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const keypair = { ...campaign.tenant.get('keypair'), public_key: 'sk-ssh-ed25519@openssh.com AAAA me' };
  twin.faults.set([{ do: 'status', status: 400, body: refused, match: { method: 'POST', path: '/os-keypairs' } }]);
  await expect(campaign.cloud.ensure(keypair, campaign.context(keypair))).rejects.toMatchObject({
    code: 'E_CLOUD_REFUSED',
    about: `keypair/${keypair.id}`,
    message: expect.stringContaining('failed to generate fingerprint'),
    hint: expect.stringMatching(/type sk-ssh-ed25519@openssh\.com\. .*`keypair\/.*` in `skip`/),
  });
});

test('a quota of keypairs without room is told as one', async () => {
  const twin = await aFurnishedTwin({ quotas: { compute: { key_pairs: 0 } } });
  const campaign = await aCampaign(twin);
  const keypair = campaign.tenant.get('keypair');
  await expect(campaign.cloud.ensure(keypair, campaign.context(keypair))).rejects.toMatchObject({ code: 'E_QUOTA' });
});
