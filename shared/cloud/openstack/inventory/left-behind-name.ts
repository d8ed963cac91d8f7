import type { ApiThing, ApiVolume } from '../api.ts';

/** The name of something that stays behind, whatever its service calls it. */
export function nameOf(one: ApiThing): string {
  const { ptrdname } = one;
  if (typeof ptrdname === 'string') return `${String(one['address'])} as ${ptrdname.replace(/\.$/, '')}`;
  const names = [one['name'], one['zone_name'], one['stack_name'], one['id'], one['uuid'], one['secret_ref']];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? 'one without a name';
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
