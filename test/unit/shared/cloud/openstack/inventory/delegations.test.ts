import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

/** What a capture of the project demo tells of what its users have given to programs or others. */
async function told(twin: Twin, user: 'demo' | 'admin') {
  const source = new OpenStackSource(await accessTo(twin.authUrl, user, 'demo'));
  onTestFinished(() => source.close());
  const { concerns } = await source.inventory({ servers: [] }, AbortSignal.timeout(30_000));
  const saying = (kind: string): string | undefined => concerns.find(({ code }) => code === `left_behind.${kind}`)?.says;
  return {
    concerns,
    applications: saying('application_credentials'),
    ec2: saying('ec2_credentials'),
    trusts: saying('trusts'),
    unread: saying('unread') ?? '',
  };
}

const selfOf = async ({ session }: Hand) => session.token(AbortSignal.timeout(5000));

/** A project in which the user demo has given something of each kind. */
async function aProject() {
  const twin = await aFurnishedTwin({ seed: { projects: ['demo', 'other'] } });
  const demo = await aHand(twin, 'demo', 'demo');
  const { userId, projectId } = await selfOf(demo);
  const admin = await selfOf(await aHand(twin, 'admin'));
  const elsewhere = await aHand(twin, 'demo', 'other');
  const make = async (hand: Hand, name: string): Promise<void> => {
    const application_credential = { name };
    await hand.ask('POST', 'identity', `/users/${userId}/application_credentials`, { application_credential });
  };
  await make(demo, 'terraform');
  await make(elsewhere, 'of another project');
  const path = `/users/${userId}/credentials/OS-EC2`;
  const body = { tenant_id: projectId };
  const { credential } = await demo.ask<{ credential: { access: string; secret: string } }>('POST', 'identity', path, body);
  await demo.ask('POST', 'identity', path, { tenant_id: (await selfOf(elsewhere)).projectId });
  const roles = [{ name: 'member' }];
  const trust = { trustor_user_id: userId, trustee_user_id: admin.userId, project_id: projectId, impersonation: false, roles };
  await demo.ask('POST', 'identity', '/OS-TRUST/trusts', { trust });
  return { twin, credential };
}

test('a user is told of own credentials and trusts of this project, and no secret', async () => {
  const { twin, credential } = await aProject();
  const { concerns, applications, ec2, trusts } = await told(twin, 'demo');
  expect(applications).toContain('(1): terraform.');
  expect(ec2).toContain(`EC2 credentials that are not moved (1): ${credential.access}.`);
  expect(trusts).toMatch(/\(1\): of demo to [0-9a-f]{32}\.$/);
  expect(JSON.stringify(concerns)).not.toContain(credential.secret);
});

test('an admin is told of those of every user of the project, with their names', async () => {
  const { twin, credential } = await aProject();
  const { applications, ec2, trusts } = await told(twin, 'admin');
  expect(applications).toContain('(1): terraform of user demo.');
  expect(ec2).toContain(`(1): ${credential.access} of user demo.`);
  expect(trusts).toContain('(1): of demo to admin.');
});

test('a cloud that refuses a list is named, and one without trusts has none', async () => {
  const { twin } = await aProject();
  twin.faults.set([
    { do: 'status', status: 403, match: { service: 'identity', path: '/application_credentials' } },
    { do: 'status', status: 404, match: { service: 'identity', path: '/OS-TRUST/trusts' } },
  ]);
  const { applications, trusts, unread } = await told(twin, 'admin');
  expect(applications).toBeUndefined();
  expect(trusts).toBeUndefined();
  expect(unread).toContain('application credentials');
  expect(unread).not.toContain('trusts');
});
