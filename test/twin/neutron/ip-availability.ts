import { type Answer, type Call, type Route, route } from '../route.ts';
import { numberOf, takenOn } from './addresses.ts';
import { refuseMember } from './attributes.ts';
import { listAnswer } from './listing.ts';

/** What is left of every network's addresses (Network API v2.0, "Network IP availability"). */
function availabilities(call: Call): Answer {
  refuseMember(call.caller, 'get_network_ip_availability');
  const { networks, subnets } = call.cloud.state;
  const views = [...networks.values()].map((network) => {
    const own = [...subnets.values()].filter((subnet) => subnet.networkId === network.id);
    const each = own.map((subnet) => ({
      subnet_id: subnet.id,
      subnet_name: subnet.name,
      cidr: subnet.cidr,
      ip_version: subnet.ipVersion,
      total_ips: subnet.pools.reduce((sum, { start, end }) => sum + Number(numberOf(end) - numberOf(start) + 1n), 0),
      used_ips: takenOn(call.cloud, subnet.id).size,
    }));
    return { network_id: network.id, network_name: network.name, project_id: network.project, subnet_ip_availability: each };
  });
  return listAnswer(call, 'network_ip_availabilities', views, ['network_id', 'network_name']);
}

/** The addresses of networks. */
export const availabilityRoutes: readonly Route[] = [route('network', 'GET', '/v2.0/network-ip-availabilities', availabilities)];
