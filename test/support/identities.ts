import type { Hand } from '../conformance/furnish.ts';

/** What an admin does in Keystone: makes users and groups, and gives roles. */
interface Identities {
  /** The id of a new user. */
  user(name: string): Promise<string>;
  /** The id of a new group with these users. */
  group(name: string, ...members: readonly string[]): Promise<string>;
  grant(holder: 'users' | 'groups', id: string, role: string, project: string): Promise<void>;
  /** Gives a role in every project of the domain. */
  grantInherited(user: string, role: string): Promise<void>;
  /** Who has which role in a project by a grant of its own, as `user:role`, sorted. */
  granted(project: string): Promise<string[]>;
  roleId(name: string): Promise<string>;
}

interface Listed {
  readonly role: { readonly name: string };
  readonly user?: { readonly name: string };
  readonly group?: { readonly name: string };
}

/** What an admin of a cloud does there. */
export function identitiesOf(admin: Hand): Identities {
  const roleId = async (name: string): Promise<string> => {
    const { roles } = await admin.ask<{ roles: { id: string }[] }>('GET', 'identity', `/roles?name=${name}`);
    return roles[0]?.id ?? '';
  };
  return {
    roleId,
    async user(name) {
      return (await admin.ask<{ user: { id: string } }>('POST', 'identity', '/users', { user: { name, password: 'twin' } })).user
        .id;
    },
    async group(name, ...members) {
      const { group } = await admin.ask<{ group: { id: string } }>('POST', 'identity', '/groups', { group: { name } });
      for (const member of members) await admin.ask('PUT', 'identity', `/groups/${group.id}/users/${member}`);
      return group.id;
    },
    async grant(holder, id, role, project) {
      await admin.ask('PUT', 'identity', `/projects/${project}/${holder}/${id}/roles/${await roleId(role)}`);
    },
    async grantInherited(user, role) {
      const path = `/OS-INHERIT/domains/default/users/${user}/roles/${await roleId(role)}/inherited_to_projects`;
      await admin.ask('PUT', 'identity', path);
    },
    async granted(project) {
      const path = `/role_assignments?scope.project.id=${project}&include_names=true`;
      const { role_assignments } = await admin.ask<{ role_assignments: Listed[] }>('GET', 'identity', path);
      return role_assignments.map(({ user, group, role }) => `${user?.name ?? group?.name}:${role.name}`).sort();
    },
  };
}
