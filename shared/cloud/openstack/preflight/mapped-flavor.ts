import type { Concern } from '../../../model/concern.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiFlavor } from '../api.ts';
import { rowOf } from '../attributes/attribute.ts';
import { describe } from '../attributes/describe.ts';
import { extraSpecs } from '../attributes/flavor.ts';
import { blocking, warning } from './rules.ts';

type WantedFlavor = ResourceOf<'flavor'>;

/**
 * The differences between a source flavor and its mapped flavor: what the guest would lose blocks,
 * the rest is reported.
 */
export function mappedFlavorConcerns(flavor: WantedFlavor, target: ApiFlavor): Concern[] {
  const about = refOf('flavor', flavor.id);
  const is = describe('flavor', target);
  const hidden = target.extra_specs === undefined && Object.keys(flavor.extra_specs).length > 0;
  const specs = hidden ? [] : specsThatDiffer(flavor, is);
  const disks = disksThatGo(flavor, is);
  const devices = specs.filter(isHardware);
  const lost = [...disks.map((field) => sizeInWords(flavor, is, field)), ...devices.map(inWords)];
  const told = [
    ...sizesThatDiffer(flavor, is),
    ...specs.filter((one) => !isHardware(one)).map(inWords),
    ...(hidden ? ['its extra specs, which the cloud does not show to these credentials'] : []),
  ];
  const concerns: Concern[] = [];
  if (target.vcpus < flavor.vcpus || target.ram < flavor.ram)
    concerns.push(
      warning(
        'flavor.smaller',
        about,
        `${target.name} (${target.vcpus} vCPU, ${target.ram} MiB) is smaller than ${flavor.name} (${flavor.vcpus} vCPU, ${flavor.ram} MiB, ${flavor.disk} GiB).`,
        'Map it to a larger one, if the guest needs it.',
      ),
    );
  if (lost.length > 0) {
    const each = [...disks, ...devices.map(({ name }) => name)];
    const lines = each.map((name) => `\`flavor.hardware ${about} ${name}\``).join(', ');
    const found = blocking(
      'flavor.hardware',
      about,
      `With ${target.name} in the place of ${flavor.name} the guest would lose hardware: ${lost.join('; ')}.`,
      `Map it to a flavor that has it, or \`create\` it as an admin. Or let its servers arrive without: ${lines} in \`mappings.accept\`.`,
    );
    concerns.push({ ...found, each });
  }
  if (told.length > 0)
    concerns.push(
      warning(
        'flavor.differs',
        about,
        `${target.name} is not as ${flavor.name}: ${told.join('; ')}.`,
        'Map it to another one, or `create` it as an admin, if that matters to the guest.',
      ),
    );
  return concerns;
}

/** Sizes and shares that differ; `flavor.smaller` reports fewer vCPUs and less memory. */
function sizesThatDiffer(flavor: WantedFlavor, is: WantedFlavor): string[] {
  const larger = (['vcpus', 'ram'] as const).filter((field) => is[field] > flavor[field]);
  const other = (['disk', 'ephemeral', 'swap', 'rxtx_factor'] as const).filter((field) => is[field] !== flavor[field]);
  const gone: readonly string[] = disksThatGo(flavor, is);
  return [...larger, ...other].filter((field) => !gone.includes(field)).map((field) => sizeInWords(flavor, is, field));
}

/** The sizes and shares of a flavor. */
type Size = 'vcpus' | 'ram' | 'disk' | 'ephemeral' | 'swap' | 'rxtx_factor';

function sizeInWords(flavor: WantedFlavor, is: WantedFlavor, field: Size): string {
  return `${field} is ${is[field]}, not ${flavor[field]}`;
}

/** An ephemeral or swap disk is a device that the guest may mount. */
function disksThatGo(flavor: WantedFlavor, is: WantedFlavor): ('ephemeral' | 'swap')[] {
  return (['ephemeral', 'swap'] as const).filter((field) => flavor[field] > 0 && is[field] === 0);
}

/** An extra spec with its value on both sides. */
interface Spec {
  readonly name: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

function specsThatDiffer(flavor: WantedFlavor, is: WantedFlavor): Spec[] {
  const names = new Set([...Object.keys(flavor.extra_specs), ...Object.keys(is.extra_specs)]);
  return [...names]
    .sort()
    .map((name) => ({ name, was: flavor.extra_specs[name], is: is.extra_specs[name] }))
    .filter((spec) => spec.was !== spec.is);
}

/**
 * Whether the flavor loses a device of the guest. With another value, it may be the same device
 * under another name.
 */
function isHardware({ name, was, is }: Spec): boolean {
  return isGiven(was) && !isGiven(is) && rowOf(extraSpecs, name)?.vital === true;
}

function isGiven(value: string | undefined): boolean {
  return value !== undefined && !['0', 'false', 'disabled'].includes(value.toLowerCase());
}

function inWords({ name, was, is }: Spec): string {
  const row = rowOf(extraSpecs, name);
  const what = row?.vital === true ? `${name} (${row.why})` : name;
  return `${what} is ${is ?? 'not set'}, not ${was ?? 'unset'}`;
}
