import type { BuildContext, Compared, DestinationCloud } from '../../shared/cloud/destination-cloud.ts';
import type { CloudFacts } from '../../shared/cloud/facts.ts';
import { type Kind, kindOf, type Resource, type ResourceOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { aFlavor } from './build.ts';

/** What a cloud of hypervisors without accounts lacks. */
const lacking: readonly Kind[] = ['flavor', 'keypair', 'floating_ip'];

/**
 * A destination without flavors, keypairs and floating IPs, on a cloud that has them: it sizes
 * servers itself, and refuses whatever it should not hear of. `further`: what else it lacks.
 */
export class PlainDestination implements DestinationCloud {
  readonly kinds: ReadonlySet<Kind>;
  readonly #below: DestinationCloud;

  constructor(below: DestinationCloud, further: readonly Kind[] = []) {
    this.#below = below;
    this.kinds = new Set([...below.kinds].filter((kind) => ![...lacking, ...further].includes(kind)));
  }

  async facts(signal: AbortSignal): Promise<CloudFacts> {
    return { ...(await this.#below.facts(signal)), flavors: [], keypairs: [] };
  }

  preflight(resources: readonly Resource[], ...rest: [Parameters<DestinationCloud['preflight']>[1], AbortSignal]) {
    for (const resource of resources) this.#mustKnow(resource.kind);
    return this.#below.preflight(resources, ...rest);
  }

  async ensure(resource: Resource, context: BuildContext): Promise<Compared> {
    this.#mustKnow(resource.kind);
    if (resource.kind !== 'server') return this.#below.ensure(resource, context);
    return this.#below.ensure(resource, await this.#sized(resource, context));
  }

  find(resource: Resource, context: BuildContext) {
    this.#mustKnow(resource.kind);
    return this.#below.find(resource, context);
  }

  occupied(resource: Resource, context: BuildContext) {
    this.#mustKnow(resource.kind);
    return this.#below.occupied(resource, context);
  }

  differences(resource: Resource, id: string, context: BuildContext) {
    this.#mustKnow(resource.kind);
    return this.#below.differences(resource, id, context);
  }

  likeness(resource: Resource, id: string, context: BuildContext) {
    this.#mustKnow(resource.kind);
    return this.#below.likeness(resource, id, context);
  }

  healthy(...given: Parameters<DestinationCloud['healthy']>) {
    return this.#below.healthy(...given);
  }

  remove(...given: Parameters<DestinationCloud['remove']>) {
    this.#mustKnow(kindOf(given[0]));
    return this.#below.remove(...given);
  }

  isThere(...given: Parameters<DestinationCloud['isThere']>) {
    this.#mustKnow(kindOf(given[0]));
    return this.#below.isThere(...given);
  }

  sweep(...given: Parameters<DestinationCloud['sweep']>) {
    return this.#below.sweep(...given);
  }

  unstamp(...given: Parameters<DestinationCloud['unstamp']>) {
    this.#mustKnow(kindOf(given[0]));
    return this.#below.unstamp(...given);
  }

  close(): Promise<void> {
    return this.#below.close();
  }

  #mustKnow(kind: Kind): void {
    if (!this.kinds.has(kind)) throw new Problem('E_BUG', `This cloud knows nothing of kind ${kind}.`);
  }

  /**
   * Puts the smallest flavor below that gives a server its own size in the place of the one that
   * was left out.
   */
  async #sized({ vcpus, memory_mib, disks }: ResourceOf<'server'>, context: BuildContext): Promise<BuildContext> {
    const gib = disks.reduce((sum, disk) => sum + (context.resource(`disk/${disk}`) as ResourceOf<'disk'>).min_disk, 0);
    const { flavors } = await this.#below.facts(context.signal);
    const [fits] = flavors
      .filter(({ vcpus: cpus, ram, disk }) => cpus >= (vcpus ?? 0) && ram >= (memory_mib ?? 0) && (disk === 0 || disk >= gib))
      .sort((a, b) => a.vcpus - b.vcpus || a.ram - b.ram || a.disk - b.disk);
    if (fits === undefined)
      throw new Problem('E_UNMAPPED', `No server of ${vcpus} vCPUs and ${memory_mib} MiB can be made here.`);
    return {
      ...context,
      built: (ref) => (kindOf(ref) === 'flavor' ? fits.id : context.built(ref)),
      resource: (ref) => (kindOf(ref) === 'flavor' ? aFlavor(fits) : context.resource(ref)),
    };
  }
}
