import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { type Configurations, configurationsVersion, parseConfigurations } from '../../shared/model/configurations.ts';
import { type Ref, refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { release } from '../../shared/release.ts';

const OldSubnet = z.object({
  name: z.string(),
  cidr: z.string(),
  ip_version: z.union([z.literal(4), z.literal(6)]).default(4),
  gateway_ip: z.string().nullable().optional(),
});
const OldFixedIp = z.object({ ip_address: z.string(), subnet_name: z.string().default('') });

/**
 * The older sender's document, in the spellings of both its generations. Names are its only
 * identity.
 */
const OldConfigurations = z
  .object({
    Networks: z
      .array(
        z.object({
          name: z.string(),
          external: z.boolean().default(false),
          network_type: z.string().nullable().default(null),
          shared: z.boolean().default(false),
          subnets: z.array(OldSubnet).optional(),
          Subnet: z.array(OldSubnet).optional(),
        }),
      )
      .default([]),
    Routers: z
      .array(
        z.object({
          name: z.string(),
          admin_state_up: z.boolean().default(true),
          external_gateway_info: z
            .object({
              network: z.string(),
              enable_snat: z.boolean().default(true),
              external_fixed_ips: z.array(OldFixedIp).default([]),
            })
            .nullable()
            .default(null),
        }),
      )
      .default([]),
    FloatingIPs: z.array(z.string()).optional(),
    FloatingIP: z.array(z.string()).optional(),
    VMs: z.array(
      z.object({
        name: z.string().min(1),
        flavor: z.string().default(''),
        network: z.string().default(''),
      }),
    ),
  })
  .readonly();
type Old = z.infer<typeof OldConfigurations>;

/**
 * Reads a document of the older sender's shape, which has names and no ids: they are made of the
 * position. What it never held (MACs, groups, keys, sizes) is left at defaults. Throws E_DOCUMENT.
 */
export function importOldConfigurations(value: unknown, about = 'configuration.json'): Configurations {
  const parsed = OldConfigurations.safeParse(value);
  if (!parsed.success) {
    const complaints = parsed.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
    throw new Problem('E_DOCUMENT', `${about} is not a document of the older shape:\n  ${complaints.join('\n  ')}`, { about });
  }
  const old = parsed.data;
  const networks = old.Networks.map((network, index) => ({
    ...network,
    id: `network-${index + 1}`,
    parts: network.subnets ?? network.Subnet ?? [],
  }));
  const networkId = (name: string): string => {
    const found = networks.find((network) => network.name === name);
    if (found === undefined)
      throw new Problem('E_DANGLING', `${about} names network ${name}, which it does not list.`, { about });
    return found.id;
  };
  const routers = old.Routers.map((router, index) => ({ ...router, id: `router-${index + 1}` }));
  return parseConfigurations(
    {
      format: 'godwit/configurations',
      version: configurationsVersion,
      created_at: new Date().toISOString(),
      release,
      source: { provider: 'openstack', project_id: '', project_name: '' },
      networks: networks.map(({ id, name, external, shared, network_type }) => ({
        id,
        name,
        external,
        shared,
        provider_network_type: network_type,
      })),
      subnets: networks.flatMap(subnetsOf),
      routers: routers.map(({ id, name, admin_state_up }) => ({ id, name, admin_state_up })),
      gateways: routers.flatMap(({ id, name, external_gateway_info: info }) =>
        info === null ? [] : [gatewayOf(id, name, networkId(info.network), info, networks)],
      ),
      floating_ips: floatingIpsOf(old, networks),
      servers: old.VMs.map(({ name, flavor }, index) => ({
        id: `server-${index + 1}`,
        name,
        power: 'running',
        flavor_id: flavor || 'unknown',
      })),
    },
    about,
  );
}

function subnetsOf({ id, parts }: { id: string; parts: readonly z.infer<typeof OldSubnet>[] }): object[] {
  return parts.map(({ name, cidr, ip_version, gateway_ip }, index) => ({
    id: `${id}-subnet-${index + 1}`,
    name,
    needs: [refOf('network', id)],
    network_id: id,
    ip_version,
    cidr,
    // Where nothing was said, the cloud gave the first address; only a null means that there is no
    // gateway.
    gateway_ip: gateway_ip === undefined ? firstAddress(cidr) : gateway_ip,
    enable_dhcp: true,
  }));
}

/**
 * The first address of a prefix after the network's own, which a cloud gives a gateway; null where
 * the prefix cannot be read.
 */
function firstAddress(cidr: string): string | null {
  const [address = ''] = cidr.split('/');
  if (isIPv6(address)) return address.endsWith('::') ? `${address}1` : null;
  if (!isIPv4(address)) return null;
  const bytes = address.split('.').map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join('.');
}

function gatewayOf(
  id: string,
  name: string,
  network: string,
  info: NonNullable<Old['Routers'][number]['external_gateway_info']>,
  networks: readonly { id: string; parts: readonly z.infer<typeof OldSubnet>[] }[],
): object {
  const needs: Ref[] = [refOf('router', id), refOf('network', network)];
  const parts = networks.find((one) => one.id === network)?.parts ?? [];
  const external_fixed_ips = info.external_fixed_ips.flatMap(({ ip_address, subnet_name }) => {
    const at = parts.findIndex(({ name: called }) => called === subnet_name);
    return at < 0 ? [] : [{ subnet_id: `${network}-subnet-${at + 1}`, ip_address }];
  });
  return { id, name, needs, router_id: id, network_id: network, enable_snat: info.enable_snat, external_fixed_ips };
}

/**
 * The addresses, on the first external network: the older document does not say which port has
 * which.
 */
function floatingIpsOf(old: Old, networks: readonly { id: string; external: boolean }[]): object[] {
  const external = networks.find((network) => network.external);
  if (external === undefined) return [];
  return (old.FloatingIPs ?? old.FloatingIP ?? []).map((address, index) => ({
    id: `floating-ip-${index + 1}`,
    name: address,
    needs: [refOf('network', external.id)],
    floating_network_id: external.id,
    floating_ip_address: address,
  }));
}
