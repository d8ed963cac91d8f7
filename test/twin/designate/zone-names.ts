import { badRequest, conflict, forbidden } from '../refusal.ts';
import type { Call } from '../route.ts';
import { invalidObject } from './answers.ts';
import type { Zone } from './model.ts';

/** designate/objects/fields.py, `DomainField`. */
const domain = /^(?=.{1,255}$)((?!-)[A-Za-z0-9_-]{1,63}(?<!-)\.)+$/;

/** Whether a name lies in a zone, or is that of the zone. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/**
 * Refuses the name of a new zone: it must be whole, free in all projects, and neither below nor
 * above a zone of another project (designate/central/service.py, `create_zone`). Returns the zone
 * above it, and those below.
 */
export function placeOf({ cloud, caller }: Call, name: string): { readonly above: Zone | null; readonly below: readonly Zone[] } {
  if (!domain.test(name)) throw invalidObject(`'${name}' is not a 'domainname'`);
  if (name.split('.').length < 3) throw badRequest('More than one label is required', 'invalid_zone_name');
  const zones = [...cloud.state.zones.values()];
  const others = zones.filter((zone) => zone.name !== name);
  const above = others.filter((zone) => isWithin(name, zone.name)).sort((a, b) => b.name.length - a.name.length)[0] ?? null;
  if (above !== null && above.projectId !== caller.projectId)
    throw forbidden('Unable to createsubzone in another tenants zone', 'illegal_child');
  const below = others.filter((zone) => isWithin(zone.name, name));
  if (below.some((zone) => zone.projectId !== caller.projectId))
    throw forbidden('Unable to create zone because another tenant owns a subzone of the zone', 'illegal_parent');
  if (zones.some((zone) => zone.name === name)) throw conflict('Duplicate Zone', 'duplicate_zone');
  return { above, below };
}
