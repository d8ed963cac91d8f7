import { charactersIn } from '../../../model/characters.ts';
import type { Concern } from '../../../model/concern.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { tagsOf } from '../stamp.ts';
import { created } from './decisions.ts';
import { blocking, isServerName, longestText, type PreflightRule } from './rules.ts';
import { freeKeyNames, type PreflightView } from './view.ts';

/**
 * Compute API, "Create server": number of tags, and length of one, which may contain neither slash
 * nor comma.
 */
const mostTags = 50;
const longestTag = 60;
/**
 * Compute API, "Create server": length of user data in Base64
 * (nova/api/openstack/compute/schemas/servers.py).
 */
const longestUserData = 65_535;

/**
 * Finds what Nova would refuse at server creation, which is after the disk is copied and the source
 * is stopped.
 */
export const serverLimits: PreflightRule = (view) =>
  view
    .of('server')
    .flatMap((server) => [
      ...nameOf(server),
      ...tagsIn(server),
      ...metadataIn(view, server),
      ...tooLong(server, 'description', charactersIn(server.description), longestText),
      ...tooLong(server, 'user_data', server.user_data?.length ?? 0, longestUserData),
    ]);

/** Before 2.92, Nova allows letters, digits, spaces, dashes and underscores in a keypair's name. */
export const keypairNames: PreflightRule = (view) => {
  const allowed = view.lacks.has(freeKeyNames) ? /^[A-Za-z0-9 _-]+$/ : /^[A-Za-z0-9 _@.-]+$/;
  const refused = view.of('keypair').filter(({ name }) => !allowed.test(name) || name.length > longestText);
  return created(view, refused).map(({ id }) =>
    blocking(
      'keypair.name',
      refOf('keypair', id),
      `The destination refuses the name of the keypair ${id}.`,
      'Import the key there under this name by another way, or move the server as another user, without its key name.',
    ),
  );
};

function nameOf(server: ResourceOf<'server'>): Concern[] {
  const { name } = server;
  if (isServerName(name)) return [];
  return [
    blocking(
      'server.name_refused',
      refOf('server', server.id),
      `Nova refuses the name ${JSON.stringify(name)}: it must be 1 to ${longestText} printable characters without blanks at its ends.`,
      'Rename the server at the source.',
    ),
  ];
}

function tagsIn(server: ResourceOf<'server'>): Concern[] {
  const about = refOf('server', server.id);
  const count = new Set(server.tags).size + tagsOf('', about).length;
  const odd = server.tags.filter((tag) => tag === '' || charactersIn(tag) > longestTag || /[,/]/.test(tag));
  return [
    ...(count > mostTags
      ? [
          blocking(
            'server.tags',
            about,
            `Server ${server.name} would have ${count} tags, the two of ours among them; Nova takes ${mostTags}.`,
            `Take ${count - mostTags} away at the source.`,
          ),
        ]
      : []),
    ...(odd.length > 0
      ? [
          blocking(
            'server.tag_refused',
            about,
            `Nova refuses tags of server ${server.name}: ${odd.join(' and ')}.`,
            `Replace them at the source: at most ${longestTag} characters, no comma, no slash.`,
          ),
        ]
      : []),
  ];
}

function metadataIn(view: PreflightView, server: ResourceOf<'server'>): Concern[] {
  const about = refOf('server', server.id);
  const entries = Object.entries(server.metadata);
  const limit = view.quotas['metadata_items']?.limit ?? -1;
  const odd = entries.filter(([key, value]) => !/^[a-zA-Z0-9\-_:. ]{1,255}$/.test(key) || charactersIn(value) > longestText);
  return [
    ...(limit >= 0 && entries.length > limit
      ? [
          blocking(
            'server.metadata',
            about,
            `Server ${server.name} has ${entries.length} metadata items; the destination's project may have ${limit} on a server.`,
            `Raise the quota of metadata_items to ${entries.length}, or take some away at the source.`,
          ),
        ]
      : []),
    ...(odd.length > 0
      ? [
          blocking(
            'server.metadata_refused',
            about,
            `Nova refuses metadata of server ${server.name}: ${odd.map(([key]) => key).join(', ')}.`,
            `Replace them at the source: keys of letters, digits and "-_:. ", values of at most ${longestText} characters.`,
          ),
        ]
      : []),
  ];
}

function tooLong(server: ResourceOf<'server'>, what: 'description' | 'user_data', length: number, most: number): Concern[] {
  if (length <= most) return [];
  return [
    blocking(
      `server.${what}_size`,
      refOf('server', server.id),
      `The ${what.replace('_', ' ')} of server ${server.name} has ${length} characters; Nova takes ${most}.`,
      'Shorten it at the source.',
    ),
  ];
}
