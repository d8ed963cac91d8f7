import { z } from 'zod';
import { parse } from '../body.ts';
import { type Cloud, quotasOf } from '../cloud.ts';
import { badRequest, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { refuseMember, text } from './attributes.ts';
import { hostName } from './dhcp.ts';
import { extensionsOf } from './extensions.ts';
import { listAnswer } from './listing.ts';
import type { Standard } from './model.ts';
import { bump, counted, missing, mustOwn, seen, usedBy } from './standard.ts';

/** What can be tagged, by its place in the path. */
const tagged = {
  policies: { map: (cloud: Cloud) => cloud.state.qosPolicies, none: missing.qosPolicy },
  networks: { map: (cloud: Cloud) => cloud.state.networks, none: missing.network },
  subnetpools: { map: (cloud: Cloud) => cloud.state.subnetPools, none: missing.subnetPool },
  subnets: { map: (cloud: Cloud) => cloud.state.subnets, none: missing.subnet },
  ports: { map: (cloud: Cloud) => cloud.state.ports, none: missing.port },
  routers: { map: (cloud: Cloud) => cloud.state.routers, none: missing.router },
  'security-groups': { map: (cloud: Cloud) => cloud.state.groups, none: missing.group },
  trunks: { map: (cloud: Cloud) => cloud.state.trunks, none: missing.trunk },
  floatingips: { map: (cloud: Cloud) => cloud.state.floatingIps, none: missing.floatingIp },
} as const;

/** neutron/extensions/tagging.py, MAX_TAG_LEN and MAX_TAGS_COUNT. */
const longestTag = 255;
const mostTags = 50;
const tagText = text(longestTag);

function taggedThing(call: Call, type: keyof typeof tagged): Standard {
  const { map, none } = tagged[type];
  const things: ReadonlyMap<string, Standard> = map(call.cloud);
  const thing = seen(call, things, none);
  if (call.method !== 'GET') mustOwn(call, thing, `update_${type}_tags`);
  return thing;
}

function tagRoutes(type: keyof typeof tagged): Route[] {
  const base = `/v2.0/${type}/:id/tags`;
  const change = (call: Call, make: (tags: readonly string[]) => readonly string[]): Standard => {
    const thing = taggedThing(call, type);
    thing.tags = [...new Set(make(thing.tags))];
    bump(call.cloud, thing);
    return thing;
  };
  const mustHave = (tags: readonly string[], tag: string): void => {
    if (!tags.includes(tag)) throw notFound(`Tag ${tag} could not be found.`, 'TagNotFound');
  };
  return [
    route('network', 'GET', base, (call) => ({ status: 200, body: { tags: taggedThing(call, type).tags } })),
    route('network', 'PUT', base, (call) => {
      const { tags } = parse(z.object({ tags: z.array(z.string().max(longestTag)).max(mostTags) }), call.body);
      return { status: 200, body: { tags: change(call, () => tags).tags } };
    }),
    route('network', 'DELETE', base, (call) => {
      change(call, () => []);
      return { status: 204 };
    }),
    route('network', 'GET', `${base}/:tag`, (call) => {
      mustHave(taggedThing(call, type).tags, call.param('tag'));
      return { status: 204 };
    }),
    route('network', 'PUT', `${base}/:tag`, (call) => {
      change(call, (tags) => [...tags, tagText(call.param('tag'), 'tag')]);
      return { status: 201, body: 'null' };
    }),
    route('network', 'DELETE', `${base}/:tag`, (call) => {
      mustHave(taggedThing(call, type).tags, call.param('tag'));
      change(call, (tags) => tags.filter((tag) => tag !== call.param('tag')));
      return { status: 204 };
    }),
  ];
}

function quota(call: Call): Answer {
  const project = call.param('project');
  if (project !== call.caller.projectId) refuseMember(call.caller, 'get_quota');
  return { status: 200, body: { quota: quotasOf(call.cloud, 'network', project) } };
}

function quotaDetails(call: Call): Answer {
  const project = call.param('project');
  if (project !== call.caller.projectId) refuseMember(call.caller, 'get_quota');
  const entries = Object.entries(quotasOf(call.cloud, 'network', project)).map(([resource, limit]) => {
    const used = resource in counted ? usedBy(call.cloud, project, resource as keyof typeof counted) : 0;
    return [resource, { limit, used, reserved: 0 }];
  });
  return { status: 200, body: { quota: Object.fromEntries(entries) } };
}

/**
 * neutron/extensions/quotasv2.py, update: from Wallaby on `force` is a word of the body, and with
 * the extension `quota-check-limit-default` it alone lets a limit lie below what is used.
 */
function setQuota(call: Call): Answer {
  refuseMember(call.caller, 'update_quota');
  const project = call.param('project');
  const limits = z.object({ force: z.boolean().optional() }).catchall(z.int().min(-1));
  const { force = !call.cloud.settings.checksQuotas, ...given } = parse(z.object({ quota: limits }), call.body).quota;
  for (const [key, limit] of Object.entries(given)) {
    const used = key in counted ? usedBy(call.cloud, project, key as keyof typeof counted) : 0;
    if (force || limit < 0 || limit >= used) continue;
    throw badRequest(`Quota limit ${limit} for ${key} must be greater than or equal to already used ${used}`, 'HTTPBadRequest');
  }
  const known = quotasOf(call.cloud, 'network', project);
  for (const key of Object.keys(given))
    if (known[key] === undefined) throw badRequest(`Unrecognized attribute(s) '${key}'`, 'HTTPBadRequest');
  call.cloud.state.quotas.set(`network:${project}`, { ...call.cloud.state.quotas.get(`network:${project}`), ...given });
  call.cloud.changed();
  return quota(call);
}

function resetQuota(call: Call): Answer {
  refuseMember(call.caller, 'delete_quota');
  call.cloud.state.quotas.delete(`network:${call.param('project')}`);
  call.cloud.changed();
  return { status: 204 };
}

function extension(call: Call): Answer {
  const found = extensionsOf(call.cloud).find((each) => each.alias === call.param('alias'));
  if (found === undefined) throw notFound(`Extension with alias ${call.param('alias')} does not exist`, 'ExtensionNotFound');
  return { status: 200, body: { extension: found } };
}

const zones = ['network', 'router'].map((resource) => ({ name: 'nova', resource, state: 'available' }));

function agents(call: Call): Answer {
  const kinds = [
    ['Linux bridge agent', 'neutron-linuxbridge-agent'],
    ['DHCP agent', 'neutron-dhcp-agent'],
    ['L3 agent', 'neutron-l3-agent'],
    ['Metadata agent', 'neutron-metadata-agent'],
  ];
  const views = kinds.map(([agent_type, binary], index) => ({
    id: `00000000-0000-4000-8000-00000000000${index}`,
    agent_type,
    binary,
    host: hostName,
    alive: true,
    admin_state_up: true,
    availability_zone: 'nova',
    configurations:
      agent_type === 'L3 agent' ? { agent_mode: call.cloud.settings.distributedRouters ? 'dvr_snat' : 'legacy' } : {},
  }));
  return listAnswer(call, 'agents', call.caller.admin ? views : [], [
    'id',
    'agent_type',
    'binary',
    'host',
    'alive',
    'admin_state_up',
    'availability_zone',
  ]);
}

function versions(call: Call): Answer {
  return {
    status: 200,
    body: { versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${call.cloud.url('network')}/v2.0/` }] }] },
  };
}

/** Tags, quotas, extensions, zones, agents and version discovery of Neutron. */
export const extraRoutes: readonly Route[] = [
  ...(Object.keys(tagged) as (keyof typeof tagged)[]).flatMap(tagRoutes),
  route('network', 'GET', '/v2.0/quotas/:project', quota),
  route('network', 'GET', '/v2.0/quotas/:project/details', quotaDetails),
  route('network', 'GET', '/v2.0/quotas/:project/default', (call) => ({
    status: 200,
    body: { quota: call.cloud.settings.quotas.network },
  })),
  route('network', 'PUT', '/v2.0/quotas/:project', setQuota),
  route('network', 'DELETE', '/v2.0/quotas/:project', resetQuota),
  route('network', 'GET', '/v2.0/extensions', ({ cloud }) => ({ status: 200, body: { extensions: extensionsOf(cloud) } })),
  route('network', 'GET', '/v2.0/extensions/:alias', extension),
  route('network', 'GET', '/v2.0/availability_zones', (call) =>
    listAnswer(call, 'availability_zones', zones, ['name', 'resource', 'state']),
  ),
  route('network', 'GET', '/v2.0/agents', agents),
  route('network', 'GET', '/', versions, { open: true }),
];
