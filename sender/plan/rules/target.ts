import type { DestinationFacts } from '../../../shared/cloud/facts.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { type Mappings, noMappings, overlaid } from '../../../shared/model/mappings.ts';
import { mapped, type RuleTarget } from '../../model/rule.ts';
import { flavorScore, nameScore, type ScoredCandidate } from './score.ts';
import {
  flavorThings,
  groupThings,
  type MappableThing,
  networkThings,
  projectThings,
  routerThings,
  securityGroupThings,
  serverThings,
  userThings,
  volumeTypeThings,
} from './thing.ts';

/** What may take the place of a thing, by its id and name at the destination. */
interface TargetCandidate {
  readonly id: string;
  readonly name: string;
  readonly scored: ScoredCandidate;
}

/** How one sort of thing is mapped by rules and suggestions. */
interface TargetRow {
  /** The part of the mappings that has it, by the key of the thing. */
  readonly part:
    | 'flavors'
    | 'networks'
    | 'routers'
    | 'security_groups'
    | 'volume_types'
    | 'servers'
    | 'users'
    | 'groups'
    | 'projects';
  /** Everything of it in a document. */
  readonly things: (document: Configurations) => MappableThing[];
  /** What takes the place where the plan has no entry; null: nothing does. */
  readonly otherwise: (thing: MappableThing, facts: DestinationFacts | undefined) => string | null;
  /** Why the plan maps one as it does, where no rule says anything. */
  readonly usual: string;
  /** What may be suggested for one. */
  readonly candidates?: (thing: MappableThing, document: Configurations, facts: DestinationFacts) => TargetCandidate[];
  /** Equal names do not prove that two are the same: only a person takes a suggestion. */
  readonly onlyByHand?: true;
}

const none = (): null => null;
const create = (): string => 'create';
const sameName = 'one there of the same name, or the only one';

function byName(thing: MappableThing, all: readonly { readonly id: string; readonly name: string }[]): TargetCandidate[] {
  return all.map(({ id, name }) => ({ id, name, scored: nameScore(thing.name, name) }));
}

/** Who has the same name gets the roles, if the destination has one or does not tell. */
function namesake(part: 'users' | 'groups'): TargetRow['otherwise'] {
  return ({ name }, facts) => {
    const people = facts?.[part] ?? [];
    return people.length === 0 || people.some((one) => one.name === name) ? name : null;
  };
}

/** Everything that rules can map, one row each. */
export const targets: Readonly<Record<RuleTarget, TargetRow>> = {
  flavor: {
    part: 'flavors',
    things: flavorThings,
    otherwise: none,
    usual: 'a flavor there of the same size, with the same extra specs where there is one',
    candidates: ({ key }, { flavors }, facts) =>
      flavors
        .filter(({ id }) => id === key)
        .flatMap((flavor) => facts.flavors.map((one) => ({ id: one.id, name: one.name, scored: flavorScore(flavor, one) }))),
  },
  network: {
    part: 'networks',
    things: networkThings,
    otherwise: none,
    usual: sameName,
    candidates: (thing, { networks }, facts) => {
      const external = networks.find(({ id }) => id === thing.key)?.external;
      return byName(
        thing,
        facts.networks.filter((one) => one.external === external),
      );
    },
  },
  router: { part: 'routers', things: routerThings, otherwise: create, usual: sameName },
  security_group: { part: 'security_groups', things: securityGroupThings, otherwise: create, usual: sameName },
  volume_type: {
    part: 'volume_types',
    things: volumeTypeThings,
    otherwise: none,
    usual: 'a type there with the same extra specs, or of the same name',
    candidates: (thing, _document, facts) => byName(thing, facts.volume_types),
  },
  server: {
    part: 'servers',
    things: serverThings,
    otherwise: () => 'any zone',
    usual: 'as the scheduler of the destination chooses',
  },
  user: {
    part: 'users',
    things: userThings,
    otherwise: namesake('users'),
    usual: 'who has the same name there',
    candidates: (thing, _document, facts) => byName(thing, facts.users),
    onlyByHand: true,
  },
  group: {
    part: 'groups',
    things: groupThings,
    otherwise: namesake('groups'),
    usual: 'the group of the same name there',
    candidates: (thing, _document, facts) => byName(thing, facts.groups),
    onlyByHand: true,
  },
  project: { part: 'projects', things: projectThings, otherwise: none, usual: 'as the plan maps it' },
};

/** Everything of a document that rules can map. */
export function thingsOf(document: Configurations): MappableThing[] {
  return mapped.flatMap((maps) => targets[maps].things(document));
}

/** A thing and what takes its place. */
export interface MappedThing extends Pick<MappableThing, 'maps' | 'key' | 'name'> {
  readonly to: string;
}

/** What was decided about things, as the mappings of a plan. */
export function mappingsOf(decided: readonly MappedThing[]): Mappings {
  const layers = decided.map((one) => ({ ...noMappings, [targets[one.maps].part]: { [one.key]: entryOf(one) } }));
  return overlaid(noMappings, ...(layers as Mappings[]));
}

function entryOf({ maps, name, to }: MappedThing): object {
  if (maps === 'volume_type') return { to };
  return maps === 'server' ? { name, availability_zone: to } : { name, to };
}

/** What the mappings of a plan say of a thing; undefined where they have no entry. */
function entryFor({ maps, key, name }: MappableThing, mappings: Mappings): string | undefined {
  const all: Readonly<Record<string, object>> = mappings[targets[maps].part] ?? {};
  // People are mapped by id or name.
  const entry = all[key] ?? (maps === 'user' || maps === 'group' ? all[name] : undefined);
  if (entry === undefined) return undefined;
  return 'availability_zone' in entry ? String(entry.availability_zone) : 'to' in entry ? String(entry.to) : undefined;
}

/** What takes the place of a thing by the mappings of a plan; null where nothing does. */
export function placeOf(thing: MappableThing, mappings: Mappings, facts?: DestinationFacts): string | null {
  return entryFor(thing, mappings) ?? targets[thing.maps].otherwise(thing, facts);
}
