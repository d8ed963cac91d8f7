import type { Concern } from '../../../model/concern.ts';
import { wordOf } from '../../../model/kind-words.ts';
import { type Kind, type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import { tagsOf } from '../stamp.ts';
import { decide } from './decisions.ts';
import { blocking, type PreflightRule } from './rules.ts';
import type { PreflightView } from './view.ts';

/** neutron/extensions/tagging.py, MAX_TAGS_COUNT and MAX_TAG_LEN. */
const mostTags = 50;
const longestTag = 255;

/** Properties that Glance allows an image by default (`image_property_quota`), and our own. */
const mostProperties = 128;
const ownProperties = 2;

const tagged = ['network', 'subnet', 'router', 'security_group', 'port', 'floating_ip'] as const;

/** Finds tags that Neutron refuses, which is after the resource is created. */
export const networkTags: PreflightRule = (view) =>
  tagged.flatMap((kind) =>
    created(view, kind).flatMap((one) => {
      const about = refOf(kind, one.id);
      const count = new Set(one.tags).size + tagsOf('', about).length;
      if (count <= mostTags && one.tags.every((tag) => tag.length <= longestTag)) return [];
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
  ...beyond(view, 'subnet', 'dns_nameservers', 5, (one) => one.dns_nameservers.length),
  ...beyond(view, 'subnet', 'host_routes', 20, (one) => one.host_routes.length),
  ...beyond(view, 'routes', 'routes', 30, (one) => one.routes.length),
  ...beyond(view, 'port', 'allowed_address_pairs', 10, (one) => one.allowed_address_pairs.length),
  ...beyond(view, 'disk', 'properties', mostProperties, (one) => Object.keys(one.properties).length + ownProperties),
];

function beyond<K extends Kind>(
  view: PreflightView,
  kind: K,
  field: string,
  most: number,
  count: (resource: ResourceOf<K>) => number,
): Concern[] {
  return created(view, kind)
    .filter((one) => count(one) > most)
    .map((one) =>
      blocking(
        `${kind}.limit`,
        refOf(kind, one.id),
        `It has ${count(one)} ${field}; unless the destination was told otherwise, it takes ${most}.`,
        'Have the limit raised, or take some away at the source; where it is raised already, accept this.',
      ),
    );
}

function created<K extends Kind>(view: PreflightView, kind: K): readonly ResourceOf<K>[] {
  const all: readonly ResourceOf<K>[] = view.of(kind);
  const decisions = decide(view, all as unknown as readonly Resource[]);
  return all.filter((_, index) => decisions[index]?.action === 'create');
}
