import type { PreflightRule } from './rules.ts';

/**
 * Servers and keypairs belong to the user whose credentials the receiver has, whoever has them at
 * the source.
 */
export const owner: PreflightRule = (view) => {
  const servers = view.of('server');
  const owners = new Set(servers.map(({ user_id }) => user_id).filter((id) => id !== ''));
  if (servers.length === 0 || (!view.admin && owners.size < 2)) return [];
  const whose = view.admin ? `${view.userName}, an admin` : view.userName;
  const were = owners.size < 2 ? '' : `; at the source they belong to ${owners.size} users`;
  return [
    {
      code: 'owner.changes',
      severity: 'warning',
      says: `The servers and keypairs will belong to ${whose}, whose credentials the receiver has${were}.`,
      remedy:
        'Give the receiver the credentials of the member who is to have them; project and user must exist at the destination.',
    },
  ];
};
