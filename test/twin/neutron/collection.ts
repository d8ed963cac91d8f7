import { mayUse } from '../policy.ts';
import type { Refusal } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { unwrap } from './attributes.ts';
import { listAnswer, showAnswer } from './listing.ts';
import type { Standard } from './model.ts';
import { unshare } from './sharing.ts';
import { mustOwn, seen } from './standard.ts';

type View = Record<string, unknown>;
type Given = Record<string, unknown>;

/**
 * What the usual routes need to know of one collection: how it is called, what it holds, and what
 * making, changing and removing one means.
 */
export interface Collection<T extends Standard> {
  readonly one: string;
  readonly many: string;
  /** Where it is, if not at its name. */
  readonly path?: string;
  /** Everything there is, whoever has it. */
  readonly things: (call: Call) => ReadonlyMap<string, T>;
  /** The refusal where there is none of an id. */
  readonly none: (id: string) => Refusal;
  /** Whether the caller sees one; by default those of its own project. */
  readonly visible?: (call: Call, thing: T) => boolean;
  readonly view: (call: Call, thing: T) => View;
  /** What the answer to its creation has beyond the view. */
  readonly newborn?: (thing: T) => View;
  /**
   * What lists can be filtered by beside the attributes that are sent and those that everything
   * has.
   */
  readonly attributes: object;
  readonly filters: readonly string[];
  readonly make: (call: Call, given: Given) => T;
  /** Absent where the API has no update. */
  readonly change?: (call: Call, thing: T, given: Given) => void;
  readonly remove: (call: Call, thing: T) => void;
}

const everywhere = ['id', 'tenant_id', 'project_id', 'revision_number', 'created_at', 'updated_at'];

/** The thing of a path; 404 unless it is there and visible. */
export function thingOf<T extends Standard>({ things, none, visible = owned }: Collection<T>, call: Call): T {
  return seen(call, things(call), none, (thing) => visible(call, thing));
}

function owned({ caller }: Call, { project }: Standard): boolean {
  return mayUse(caller, project);
}

/** What a body sends for one thing. */
export function sentFor({ one, many }: Pick<Collection<Standard>, 'one' | 'many'>, call: Call): Given {
  return unwrap(call.body, one, many).items[0] ?? {};
}

/**
 * The routes that every collection has: list, create one or several, show, update, delete (Network
 * API v2.0).
 */
export function collectionRoutes<T extends Standard>(collection: Collection<T>): readonly Route[] {
  const { one, many, change } = collection;
  const path = collection.path ?? `/v2.0/${many.replaceAll('_', '-')}`;
  const routes = [
    route('network', 'GET', path, (call) => list(collection, call)),
    route('network', 'POST', path, (call) => create(collection, call)),
    route('network', 'GET', `${path}/:id`, (call) => showAnswer(call, one, collection.view(call, thingOf(collection, call)))),
    route('network', 'DELETE', `${path}/:id`, (call) => {
      const thing = thingOf(collection, call);
      mustOwn(call, thing, `delete_${one}`);
      collection.remove(call, thing);
      unshare(call.cloud, thing.id);
      call.cloud.changed();
      return { status: 204 };
    }),
  ];
  if (change === undefined) return routes;
  const update = route('network', 'PUT', `${path}/:id`, (call) => {
    const thing = thingOf(collection, call);
    mustOwn(call, thing, `update_${one}`);
    change(call, thing, sentFor(collection, call));
    return showAnswer(call, one, collection.view(call, thing));
  });
  return [...routes, update];
}

function list<T extends Standard>(
  { many, things, visible = owned, view, attributes, filters }: Collection<T>,
  call: Call,
): Answer {
  const found = [...things(call).values()].filter((thing) => visible(call, thing)).map((thing) => view(call, thing));
  return listAnswer(call, many, found, [...Object.keys(attributes), ...everywhere, ...filters]);
}

function create<T extends Standard>({ one, many, make, view, newborn }: Collection<T>, call: Call): Answer {
  const { many: several, items } = unwrap(call.body, one, many);
  const views = items.map((given) => {
    const thing = make(call, given);
    return { ...view(call, thing), ...newborn?.(thing) };
  });
  return { status: 201, body: several ? { [many]: views } : { [one]: views[0] } };
}
