import type { ListedService } from '../session/catalogue.ts';
import type { CloudSide } from '../session/refusal.ts';

/** One step of the ladder of rights: a role, and what it adds to the steps below on each side. */
export interface RightsStep {
  /** The role as the default policies name it. */
  readonly role: string;
  readonly adds: Readonly<Record<CloudSide, readonly string[]>>;
}

/**
 * What a role lets Godwit do by the default policies of the services, the least first. The policies
 * are named beside each line, as in `nova/policies` and the like of Zed and later releases.
 */
export const ladder: readonly RightsStep[] = [
  {
    role: 'reader',
    adds: {
      source: [
        // servers:detail, volume:get_all, get_images, and Neutron's get_*: the project's reader.
        'capture and plan the project',
        // os-keypairs:show: its own user, whatever the role.
        "read its own user's keypairs",
      ],
      destination: ['check a plan: the receiver reads what is there, and builds nothing'],
    },
  },
  {
    role: 'member',
    adds: {
      source: [
        // servers:stop, :start, :create_image, volume:create_snapshot, volume_actions:upload_image.
        'stop, start and snapshot servers, snapshot volumes',
        // glance/policies/base.py, ADMIN_OR_PROJECT_MEMBER_DOWNLOAD_IMAGE.
        'download images',
        // os-lock-server:lock, servers:delete, server-metadata and server-tags.
        'mark, lock or delete servers at the commit',
      ],
      destination: [
        // neutron/conf/policies: create_network, create_router, create_security_group and so on.
        'build networks, routers, groups, trunks, and floating IPs with an address that the cloud chooses',
        // create_port:mac_address, :fixed_ips, :port_security_enabled: the network's owner.
        "give ports their MAC and fixed addresses on the project's own networks",
        // servers:create, os-server-groups:create, volume:create, add_image, os-keypairs:create.
        'create servers, server groups, volumes, private images and its own keypairs',
        // create_rbac_policy, add_member.
        'share networks and images with named projects',
      ],
    },
  },
  {
    // nova/policies/migrate_server.py and servers_migrations.py; Neutron's rules for a manager are
    // deprecated names of a member's. A token of a project grants no roles as a domain's manager.
    role: 'manager',
    adds: { source: [], destination: [] },
  },
  {
    role: 'admin',
    adds: {
      source: [
        // servers:detail:get_all_tenants, identity:list_projects.
        'capture other projects',
        // os-extended-server-attributes, os-keypairs:show, get_port.
        'read user data, the keypairs of other users, and ports of other projects',
        // get_router:ha, get_router:distributed, get_rbac_policy.
        'read whether routers are HA or distributed, and what other projects share',
        // identity:list_role_assignments, list_trusts, list_application_credentials.
        'read roles, trusts and credentials of all users',
      ],
      destination: [
        // os-flavor-manage:create, create_policy of qos.py.
        'create flavors and QoS policies',
        // os-quota-sets:update, update_quota, volume_extension:quotas:update.
        'raise quotas',
        // identity:create_grant, identity:update_project, identity:update_project_tags.
        "grant roles, set the project's description and tags",
        // create_floatingip:floating_ip_address, create_router:external_gateway_info:*.
        "choose floating addresses, and a gateway's address and SNAT",
        // create_router:ha, create_router:distributed.
        'make routers HA or distributed',
        // create_port:mac_address is the network owner's, or an admin's.
        "give ports their MAC and addresses on other projects' networks",
        // create_rbac_policy:target_tenant, publicize_image; a member's answer is modify_member.
        'share with every project, make images public, accept shared images for others',
        // servers:create:forced_host, servers:create:zero_disk_flavor.
        'choose hosts, and boot images with flavors that have no disk',
      ],
    },
  },
];

/** A role that stands beside the ladder, because it counts in one service alone. */
interface SideRole {
  readonly role: string;
  /** Roles that have what it has. */
  readonly above: readonly string[];
  readonly service: ListedService;
  /** What it adds at the source; none adds anything at the destination. */
  readonly source: string;
}

/** Roles of single services that let Godwit see more (octavia/policies/base.py). */
export const sideRoles: readonly SideRole[] = [
  {
    role: 'load-balancer_observer',
    above: ['load-balancer_member', 'load-balancer_global_observer', 'load-balancer_admin', 'admin'],
    service: { types: ['load-balancer'], version: 'v2' },
    source: 'count the load balancers that stay behind',
  },
];

/** The ladder as the rows of the README's table. */
export function ladderRows(): string[] {
  const cell = (says: readonly string[]): string => (says.length === 0 ? 'nothing that Godwit does' : says.join('; '));
  return [
    ...ladder.map(({ role, adds }) => `| \`${role}\` | ${cell(adds.source)} | ${cell(adds.destination)} |`),
    ...sideRoles.map(({ role, source }) => `| beside it, \`${role}\` | ${source} | ${cell([])} |`),
  ];
}
