import { holdersOf } from '../../../model/atomic-groups.ts';
import type { Concern } from '../../../model/concern.ts';
import { mappedVolumeType } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { flagChangeable, sharedAttachable } from '../builders/server-volumes.ts';
import { wantedZone } from '../builders/volume.ts';
import { typeNamed } from '../volumes/places.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/** A destination without Cinder, and a volume that is too large for it. */
export const volumeService: PreflightRule = (view) => {
  const [first] = view.of('volume');
  if (first === undefined) return [];
  const about = refOf('volume', first.id);
  if (view.volumeTypes === null)
    return [
      blocking(
        'volume.service',
        about,
        `The destination has no block storage service, and ${view.of('volume').length} volumes are to be made there.`,
        'Add Cinder to its catalogue, or leave the servers with volumes out.',
      ),
    ];
  const limit = view.quotas['per_volume_gigabytes']?.limit ?? -1;
  return view
    .of('volume')
    .filter(({ size }) => limit >= 0 && size > limit)
    .map((volume) =>
      blocking(
        'volume.size',
        refOf('volume', volume.id),
        `Volume ${volume.name || volume.id} has ${volume.size} GiB; the destination's project may have volumes of ${limit} GiB.`,
        `Raise its quota of per_volume_gigabytes to ${volume.size}.`,
      ),
    );
};

/** A server whose volume is not in the document would be built without it. */
export const absentVolumes: PreflightRule = (view) => {
  const ids = new Set(view.of('volume').map(({ id }) => id));
  return view.of('server').flatMap((server) => {
    const absent = server.volumes.flatMap(({ volume_id }) => (ids.has(volume_id) ? [] : volume_id));
    if (absent.length === 0) return [];
    const says = `The document lacks volumes of server ${server.name}: ${absent.join(', ')}.`;
    return [blocking('volume.absent', refOf('server', server.id), says, 'Capture again, or leave the server out.')];
  });
};

/** Every type needs one at the destination, by the plan or by its name. */
export const volumeTypes: PreflightRule = (view) => {
  const byType = Map.groupBy(view.of('volume'), ({ volume_type }) => volume_type);
  return [...byType].flatMap(([name, volumes]) => (name === null ? [] : typeConcerns(view, name, volumes)));
};

function typeConcerns(view: PreflightView, name: string, [first]: readonly ResourceOf<'volume'>[]): Concern[] {
  if (first === undefined || view.volumeTypes === null) return [];
  const about = refOf('volume', first.id);
  const to = mappedVolumeType(view.mappings, name);
  const found = typeNamed(view.volumeTypes, to);
  if (found === undefined) {
    const there = view.volumeTypes.map((type) => type.name).join(', ') || 'none';
    const says = `No volume type ${to === name ? name : `${to}, to which ${name} is mapped,`} exists; there is ${there}.`;
    return [blocking('volume_type.missing', about, says, `Name one for ${name} in \`mappings.volume_types\`.`)];
  }
  const specs = found.extra_specs ?? {};
  const names = [...new Set([...Object.keys(specs), ...Object.keys(first.type_specs)])].sort();
  const other = names.filter((key) => specs[key] !== first.type_specs[key]);
  // Who sees none cannot compare them.
  const areSeen = Object.keys(first.type_specs).length > 0 && found.extra_specs !== undefined;
  if (other.length === 0 || !areSeen) return [];
  const says = `Volume type ${name} becomes ${found.name}, which differs in its extra specs: ${other.join(', ')}.`;
  return [warning('volume_type.differs', about, says, 'Nothing, if the volumes may lie there; or map it to another type.')];
}

/**
 * A volume that several servers may have becomes one again only by its type: Cinder takes no such
 * request any more (cinder/api/v3/volumes.py, `create`). Before Xena only admins see that of a
 * type.
 */
export const sharedTypes: PreflightRule = (view) =>
  view.of('volume').flatMap((volume): Concern[] => {
    const { id, name, multiattach, volume_type } = volume;
    if (!multiattach || view.volumeTypes === null) return [];
    const to = volume_type === null ? null : mappedVolumeType(view.mappings, volume_type);
    const type = to === null ? undefined : typeNamed(view.volumeTypes, to);
    // A type that is missing is another rule's.
    if (to !== null && type === undefined) return [];
    const about = refOf('volume', id);
    const called = `Volume ${name || id}, which several servers may have (multiattach), `;
    if (type !== undefined && type.extra_specs === undefined) {
      const says = `${called}becomes one of type ${type.name}, of which these credentials do not see whether it is so too.`;
      return [warning('volume.multiattach', about, says, 'Ask who runs the destination: openstack volume type show.')];
    }
    if (isForSeveral(type?.extra_specs?.['multiattach'])) return lackingNova(view, volume);
    const there = type === undefined ? 'one without a type' : `one of type ${type.name}`;
    const says = `${called}would become ${there}, which only one server may have.`;
    if (isHeldBySeveral(view, id)) return [blocking('volume.multiattach_needed', about, says, needed)];
    const remedy = `Name a type with the extra spec multiattach="<is> True" in \`mappings.volume_types\`. Or accept it: \`volume.multiattach ${about}\` in \`mappings.accept\`.`;
    return [blocking('volume.multiattach', about, says, remedy)];
  });

/** What is to be done where several servers have a volume: one of them alone could get it. */
const needed = 'Name a type with the extra spec multiattach="<is> True" in `mappings.volume_types`, or leave its servers out.';

function isForSeveral(spec: string | undefined): boolean {
  return /^<is> true$/i.test(spec ?? '');
}

function isHeldBySeveral(view: PreflightView, volume: string): boolean {
  return (holdersOf({ servers: view.of('server') }).get(volume) ?? []).length > 1;
}

/** An older Nova cannot attach what it would find. */
function lackingNova(view: PreflightView, { id, name }: ResourceOf<'volume'>): Concern[] {
  const owner = view.of('server').find(({ volumes }) => volumes.some(({ volume_id }) => volume_id === id));
  if (owner === undefined || !view.lacks.has(sharedAttachable)) return [];
  const says = `Volume ${name || id} of server ${owner.name} may have several servers (multiattach), and the destination's Nova attaches such ones only from ${sharedAttachable} on.`;
  const remedy = isHeldBySeveral(view, id)
    ? 'Leave its servers out.'
    : 'Map its type to one that is not for several servers (`mappings.volume_types`), or leave the server out.';
  return [blocking('volume.multiattach_refused', refOf('volume', id), says, remedy)];
}

/** A zone that the destination lacks is left to it. */
export const volumeZones: PreflightRule = (view) => {
  const servers = new Map(view.of('disk').map(({ id, server_id }) => [id, server_id]));
  const wanted = view.of('volume').map((volume) => {
    return { volume, zone: wantedZone(servers.get(volume.disk_id) ?? '', volume, view.mappings) };
  });
  const lacking = wanted.filter(({ zone }) => zone !== '' && !view.volumeZones.includes(zone));
  const [first] = lacking;
  if (first === undefined || view.volumeTypes === null) return [];
  const zones = [...new Set(lacking.map(({ zone }) => zone))].join(', ');
  const says = `${lacking.length} volumes are to lie in zones that the destination's block storage does not have (${zones}); it chooses among ${view.volumeZones.join(', ') || 'none'}.`;
  const remedy = 'Nothing, if any zone will do, and the cloud attaches volumes across zones (`cross_az_attach` of Nova).';
  return [warning('volume.zone', refOf('volume', first.volume.id), says, remedy)];
};

/** Nova before 2.85 cannot be told later that a volume goes with its server. */
export const keptVolumes: PreflightRule = (view) => {
  if (!view.lacks.has(flagChangeable)) return [];
  const going = view.of('server').filter(({ volumes }) => volumes.some(({ delete_on_termination }) => delete_on_termination));
  const [first] = going;
  if (first === undefined) return [];
  const says = `The volumes of ${going.map(({ name }) => name).join(', ')} no longer go with their servers: the destination's Nova is older than ${flagChangeable}.`;
  return [warning('server.volume_kept', refOf('server', first.id), says, 'Delete such volumes by hand after their servers.')];
};
