import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newHexId } from '../identifier.ts';
import { forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { allow, list, self } from './answers.ts';
import type { Ec2Credential, Trust } from './model.ts';
import { roleId } from './seed.ts';

function ec2View(cloud: Cloud, { access, secret, userId, projectId }: Ec2Credential): object {
  const links = self(cloud, `users/${userId}/credentials/OS-EC2/${access}`);
  return { access, secret, user_id: userId, tenant_id: projectId, trust_id: null, links };
}

/** keystone/api/users.py, UserOSEC2CredentialsResourceListCreate: of every project of the user. */
function listEc2(call: Call): Answer {
  allow(call.caller, 'identity:ec2_list_credentials', call.param('user'));
  if (!call.cloud.state.users.has(call.param('user'))) throw notFound(`Could not find user: ${call.param('user')}.`);
  const own = [...call.cloud.state.ec2Credentials.values()].filter(({ userId }) => userId === call.param('user'));
  return list(
    call,
    'credentials',
    own.map((one) => ec2View(call.cloud, one)),
  );
}

function createEc2(call: Call): Answer {
  allow(call.caller, 'identity:ec2_create_credential', call.param('user'));
  const { tenant_id } = parse(z.object({ tenant_id: z.string() }), call.body);
  if (!call.cloud.state.projects.has(tenant_id)) throw notFound(`Could not find project: ${tenant_id}.`);
  const made: Ec2Credential = { access: newHexId(), secret: newHexId(), userId: call.param('user'), projectId: tenant_id };
  call.cloud.state.ec2Credentials.set(made.access, made);
  call.cloud.changed();
  return { status: 201, body: { credential: ec2View(call.cloud, made) } };
}

const newTrust = z.object({
  trust: z.object({
    trustor_user_id: z.string(),
    trustee_user_id: z.string(),
    project_id: z.string(),
    impersonation: z.boolean(),
    roles: z.array(z.object({ name: z.string() })).min(1),
  }),
});

function trustView(cloud: Cloud, { id, trustorId, trusteeId, projectId, roles }: Trust, withRoles: boolean): object {
  return {
    id,
    trustor_user_id: trustorId,
    trustee_user_id: trusteeId,
    project_id: projectId,
    impersonation: false,
    expires_at: null,
    deleted_at: null,
    remaining_uses: null,
    redelegation_count: 0,
    ...(withRoles ? { roles: roles.map((name) => ({ id: roleId(name), name })) } : {}),
    links: self(cloud, `OS-TRUST/trusts/${id}`),
  };
}

/**
 * keystone/api/trusts.py, `_list_trusts`: who asks for the trusts of a trustor or of a trustee is
 * that user, and who asks for all is an admin. The roles are not in the list.
 */
function listTrusts(call: Call): Answer {
  const { cloud, query } = call;
  const trustor = query.get('trustor_user_id');
  const trustee = query.get('trustee_user_id');
  if (trustor !== null) allow(call.caller, 'identity:list_trusts_for_trustor', trustor);
  else if (trustee === null) allow(call.caller, 'identity:list_trusts');
  else allow(call.caller, 'identity:list_trusts_for_trustee', trustee);
  const all = [...cloud.state.trusts.values()];
  const meant = all.filter((one) => (trustor ?? one.trustorId) === one.trustorId && (trustee ?? one.trusteeId) === one.trusteeId);
  return list(
    call,
    'trusts',
    meant.map((one) => trustView(cloud, one, false)),
  );
}

function createTrust(call: Call): Answer {
  const { trust } = parse(newTrust, call.body);
  if (call.caller.userId !== trust.trustor_user_id)
    throw forbidden('You are not authorized to perform the requested action: The authenticated user should match the trustor.');
  if (!call.cloud.state.users.has(trust.trustee_user_id)) throw notFound(`Could not find user: ${trust.trustee_user_id}.`);
  const made: Trust = {
    id: newHexId(),
    trustorId: trust.trustor_user_id,
    trusteeId: trust.trustee_user_id,
    projectId: trust.project_id,
    roles: trust.roles.map(({ name }) => name),
  };
  call.cloud.state.trusts.set(made.id, made);
  call.cloud.changed();
  return { status: 201, body: { trust: trustView(call.cloud, made, true) } };
}

/** What users have given to programs and to others: EC2 credentials and trusts. */
export const delegationRoutes: readonly Route[] = [
  route('identity', 'GET', '/v3/users/:user/credentials/OS-EC2', listEc2),
  route('identity', 'POST', '/v3/users/:user/credentials/OS-EC2', createEc2),
  route('identity', 'GET', '/v3/OS-TRUST/trusts', listTrusts),
  route('identity', 'POST', '/v3/OS-TRUST/trusts', createTrust),
];
