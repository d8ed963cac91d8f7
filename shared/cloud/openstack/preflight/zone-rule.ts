import { refOf } from '../../../model/resource.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';

/** The wanted zone, and the host where one is named, must exist. Only admins may name a host. */
export const zones: PreflightRule = (view) =>
  Object.entries(view.mappings.servers ?? {}).flatMap(([id, { availability_zone: wanted }]) => {
    const about = refOf('server', id);
    const server = view.of('server').find((one) => one.id === id);
    const remedy = 'Correct `availability_zone` in `mappings.servers`, or leave it to the scheduler.';
    if (server === undefined)
      return [warning('zone.no_server', about, `A zone is wanted for server ${id}, which does not move.`, remedy)];
    const [name = '', host] = wanted.split(':');
    const zone = view.zones.find((one) => one.name === name);
    const there = view.zones.filter(({ available }) => available).map((one) => one.name);
    if (zone === undefined || !zone.available) {
      const why = zone === undefined ? 'does not exist' : 'is not available';
      const says = `The zone ${name}, wanted for server ${server.name}, ${why}; there is ${there.join(', ') || 'none'}.`;
      return [blocking('zone.absent', about, says, remedy)];
    }
    if (host === undefined) return [];
    if (!view.admin)
      return [blocking('zone.rights', about, `Only an admin may choose the host ${host} for server ${server.name}.`, remedy)];
    if (zone.hosts?.includes(host)) return [];
    const says = `The host ${host}, wanted for server ${server.name}, is not in the zone ${name}; there is ${zone.hosts?.join(', ') || 'none'}.`;
    return [blocking('zone.host_absent', about, says, remedy)];
  });
