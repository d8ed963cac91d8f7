import { expect, onTestFinished, test } from 'vitest';
import { examine } from '../../../../../../shared/cloud/openstack/session/examine.ts';
import { CloudSession } from '../../../../../../shared/cloud/openstack/session/session.ts';
import { Secret } from '../../../../../../shared/secret.ts';
import { soon } from '../a-cloud.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

interface Made {
  readonly application_credential: { readonly id: string; readonly secret: string };
}

/** A session by an application credential of the demo user, with some access rules. */
async function aSession(access_rules: readonly object[]) {
  const hand = await aHand(await aFurnishedTwin());
  const { userId } = await hand.session.token(soon());
  const path = `/users/${userId}/application_credentials`;
  const body = { application_credential: { name: 'mover', access_rules } };
  const { application_credential: made } = await hand.ask<Made>('POST', 'identity', path, body);
  const identity = { method: 'application_credential', id: made.id, secret: new Secret(made.secret) } as const;
  const session = new CloudSession({ ...hand.session.access, identity, project: null });
  onTestFinished(() => session.close());
  const make = () =>
    session.call({ method: 'POST', service: 'network', path: '/networks', body: { network: { name: 'x' } }, signal: soon() });
  return { session, make };
}

const reading = ['compute', 'network', 'image', 'volumev3'].map((service) => ({ service, method: 'GET', path: '/**' }));

test('a call that no access rule names is refused as what it is', async () => {
  const { session, make } = await aSession(reading);
  await expect(make()).rejects.toMatchObject({ code: 'E_AUTH', hint: expect.stringContaining('access rules') });
  expect((await examine(session.access, 'source', soon())).says).toContainEqual(expect.stringContaining('has access rules'));
});

test('an application credential without access rules is for every call, and nothing is said of them', async () => {
  const { session, make } = await aSession([]);
  expect((await make()).status).toBe(201);
  expect((await examine(session.access, 'source', soon())).says.join()).not.toContain('access rules');
});
