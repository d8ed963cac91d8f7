import type { ApiThing, ApiVolume } from '../api.ts';

/** The name of something that stays behind, whatever its service calls it. */
export function nameOf(one: ApiThing): string {
  const { ptrdname } = one;
  if (typeof ptrdname === 'string') return `${String(one['address'])} as ${ptrdname.replace(/\.$/, '')}`;
  const names = [
    one['name'],
    one['zone_name'],
    one['stack_name'],
    one['id'],
    one['uuid'],
    one['secret_ref'],
    one['container_ref'],
  ];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? 'one without a name';
}

/**
 * A secret with its type, and the day on which it expires if it does (Key Manager API, "List
 * secrets"). What it holds is never asked for.
 */
export function secretIn(one: ApiThing): string {
  const { secret_type: type, expiration } = one;
  const until = typeof expiration === 'string' ? `until ${expiration.slice(0, 10)}` : '';
  const facts = [typeof type === 'string' ? type : '', until].filter((fact) => fact !== '');
  return facts.length === 0 ? nameOf(one) : `${nameOf(one)} (${facts.join(', ')})`;
}

/**
 * The name of a backup, a group, a snapshot of a group or a transfer, with the volumes that it is
 * of, and its state unless this is the usual one: `nightly of data (error)`.
 */
export function inCinder(one: ApiThing, volumes: readonly ApiVolume[]): string {
  const of = volumesOf(one, volumes);
  const { status } = one;
  const state = typeof status === 'string' && status !== 'available' ? ` (${status})` : '';
  return `${nameOf(one)}${of.length === 0 ? '' : ` of ${of.join(' and ')}`}${state}`;
}

/** The names of the volumes that something is of; the id of one that is gone or not seen. */
function volumesOf(one: ApiThing, volumes: readonly ApiVolume[]): string[] {
  const { volume_id } = one;
  if (typeof volume_id === 'string') {
    const volume = volumes.find(({ id }) => id === volume_id);
    return [volume?.name || volume_id];
  }
  const group = one['group_id'] ?? one['consistencygroup_id'] ?? one['id'];
  const members = volumes.filter((volume) => [volume['group_id'], volume['consistencygroup_id']].includes(group));
  return members.map(({ id, name }) => name || id);
}
