import type { Replaced } from '../../../model/replaced.ts';
import type { Kind, Ref, ResourceOf } from '../../../model/resource.ts';
import type { BuildContext, Built, Differences } from '../../destination-cloud.ts';
import type { Patience } from '../../patience.ts';
import type { ApiThing } from '../api.ts';
import type { Site } from './site.ts';

/** What a family built. `seen`: its last answer, where that shows all that is compared. */
interface Ensured extends Built {
  readonly seen?: ApiThing;
}

/** How one kind of resource is built; the contract of each verb is DestinationCloud's. */
export interface Family<K extends Kind> {
  ensure(site: Site, resource: ResourceOf<K>, context: BuildContext): Promise<Ensured>;
  /** For kinds that carry no stamp: DestinationCloud's `occupied`. */
  occupied?(site: Site, resource: ResourceOf<K>, context: BuildContext): Promise<boolean>;
  find(site: Site, resource: ResourceOf<K>, context: BuildContext): Promise<string | null>;
  /** `seen`: what `ensure` saw a moment ago; it is read where nothing is given. */
  differences(site: Site, resource: ResourceOf<K>, id: string, context: BuildContext, seen?: ApiThing): Promise<Differences>;
  /** For kinds that exist always: DestinationCloud's `replaces`. */
  replaces?(site: Site, resource: ResourceOf<K>, context: BuildContext): Promise<Replaced | undefined>;
  remove(site: Site, id: string, campaign: string, patience: Patience, ref: Ref, replaced?: Replaced): Promise<boolean>;
}

/** Equal to what was wanted. */
export const equal: Differences = { fatal: [], told: [] };

/** How a resource differs that is missing. */
export function gone(what: string, id: string): Differences {
  return { fatal: [`${what} ${id} is not there`], told: [] };
}

/** The destination's resource for a ref, or null if there is none. */
export function builtOrNull(context: BuildContext, ref: Parameters<BuildContext['built']>[0]): string | null {
  try {
    return context.built(ref);
  } catch {
    return null;
  }
}
