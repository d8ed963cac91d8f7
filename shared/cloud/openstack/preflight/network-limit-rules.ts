import { charactersIn } from '../../../model/characters.ts';
import type { Concern } from '../../../model/concern.ts';
import { membersThere } from '../../../model/image-member.ts';
import { wordOf } from '../../../model/kind-words.ts';
import { type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import { tagsOf } from '../stamp.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/** neutron/extensions/tagging.py, MAX_TAGS_COUNT and MAX_TAG_LEN. */
const mostTags = 50;
const longestTag = 255;

/** Properties that Glance allows an image by default (`image_property_quota`), and our own. */
const mostProperties = 128;
const ownProperties = 3;

/** Glance's defaults of `image_tag_quota` and `image_member_quota`. */
const mostImageTags = 128;
const mostMembers = 128;

/** The largest image that Glance takes by default: `image_size_cap`, in GiB. */
const largestImage = 1024;

const tagged = [
  'qos_policy',
  'network',
  'subnet_pool',
  'subnet',
  'router',
  'security_group',
  'port',
  'trunk',
  'floating_ip',
] as const;

/** Finds tags that Neutron refuses, which is after the resource is created. */
export const networkTags: PreflightRule = (view) =>
  tagged.flatMap((kind) =>
    created(view, view.of(kind)).flatMap((one) => {
      const about = refOf(kind, one.id);
      const count = new Set(one.tags).size + tagsOf('', about).length;
      if (count <= mostTags && one.tags.every((tag) => charactersIn(tag) <= longestTag)) return [];
      return [
        blocking(
          `${kind}.tag_limit`,
          about,
          `The ${wordOf(kind)} would have ${count} tags, the two of ours among them; Neutron takes ${mostTags} of at most ${longestTag} characters.`,
          'Take some away at the source.',
        ),
      ];
    }),
  );

/**
 * Finds what is beyond the defaults of limits that no API tells (`max_dns_nameservers` and its
 * brothers in neutron.conf). A cloud may have raised them, which the operator then accepts.
 */
export const untoldLimits: PreflightRule = (view) => [
  ...beyond(view, view.of('subnet'), 'dns_nameservers', 5, (one) => one.dns_nameservers.length),
  ...beyond(view, view.of('subnet'), 'host_routes', 20, (one) => one.host_routes.length),
  ...beyond(view, view.of('routes'), 'routes', 30, (one) => one.routes.length),
  ...beyond(view, view.of('port'), 'allowed_address_pairs', 10, (one) => one.allowed_address_pairs.length),
  ...beyond(view, view.of('disk'), 'properties', mostProperties, propertiesWithOurs),
  ...beyond(view, view.of('image'), 'properties', mostProperties, propertiesWithOurs),
  ...beyond(view, view.of('image'), 'tags', mostImageTags, (one) => one.tags.length),
  ...beyond(view, view.of('image'), 'members', mostMembers, (one) => membersThere(one, view.mappings).length),
];

function propertiesWithOurs({ properties }: ResourceOf<'disk'> | ResourceOf<'image'>): number {
  return Object.keys(properties).length + ownProperties;
}

/**
 * An image beyond `image_size_cap` is refused after it was uploaded. One that is made in qcow2 is
 * only as large as what its disk holds, which nobody knows before.
 */
export const imageSizes: PreflightRule = (view) =>
  view
    .of('disk')
    .filter(({ min_disk }) => min_disk > largestImage)
    .map(({ id, min_disk, image_id }) => {
      const isWhole = view.diskFormat === 'raw' || image_id !== null;
      const concern = isWhole ? blocking : warning;
      return concern(
        'disk.limit',
        refOf('disk', id),
        `It has ${min_disk} GiB${isWhole ? '' : ', of which its image takes what is not empty'}; unless the destination was told otherwise, an image has at most ${largestImage} GiB.`,
        'Have `image_size_cap` of Glance raised; where it is raised already, accept this.',
      );
    });

/**
 * A port's DNS name must fit the destination's own domain where it is a full one
 * (neutron_lib/api/validators/dns.py), and gives way to the host name where a server has the port.
 */
export const dnsNames: PreflightRule = (view) => {
  if (view.lacks.has('dns-integration')) return [];
  const servers = new Map(view.of('server').flatMap((server) => server.ports.map((port) => [port, server] as const)));
  return created(view, view.of('port')).flatMap(({ id, name, dns_name }): Concern[] => {
    const about = refOf('port', id);
    const server = servers.get(id);
    if (dns_name === '' || dns_name === server?.hostname) return [];
    if (server !== undefined)
      return [
        warning(
          'port.dns_name',
          about,
          `The DNS name ${dns_name} of a port of server ${server.name} is not the server's host name; Nova replaces it by ${server.hostname || 'the one that it makes'}.`,
          'Set it at the destination after the commit, if somebody looks the server up by it.',
        ),
      ];
    if (!dns_name.endsWith('.')) return [];
    return [
      blocking(
        'port.dns_name',
        about,
        `The DNS name ${dns_name} of port ${name || id} is a full one; the destination takes it only if it ends with its own \`dns_domain\`.`,
        'Give the port a name without its domain at the source; where the domains are the same, accept this.',
      ),
    ];
  });
};

function beyond<R extends Resource>(
  view: PreflightView,
  all: readonly R[],
  field: string,
  most: number,
  count: (resource: R) => number,
): Concern[] {
  return created(view, all)
    .filter((one) => count(one) > most)
    .map((one) =>
      blocking(
        `${one.kind}.limit`,
        refOf(one.kind, one.id),
        `It has ${count(one)} ${field}; unless the destination was told otherwise, it takes ${most}.`,
        'Have the limit raised, or take some away at the source; where it is raised already, accept this.',
      ),
    );
}
