import { Problem } from '../../../problem.ts';
import type { WrittenCloud } from './clouds-file.ts';
import { isSection, type YamlMapping } from './clouds-yaml.ts';

/** One region of a cloud, and the values that hold there. */
interface Region {
  readonly name: string;
  readonly values: YamlMapping;
}

/**
 * The one region that is meant, and its values over the cloud's. Of several that are listed and
 * none that is chosen openstacksdk takes the first; that is refused. Throws E_CONFIG.
 */
export function chooseRegion(
  written: WrittenCloud,
  whole: YamlMapping,
): { readonly region: string | null; readonly values: YamlMapping } {
  const { origin, region: wanted } = written;
  const listed = 'regions' in whole;
  const regions = listed ? regionsOf(whole['regions'], origin) : namesIn(whole['region_name'], origin);
  const names = [...new Set(regions.map(({ name }) => name))];
  const [first, ...others] = regions;
  if (wanted !== undefined) {
    const found = regions.find(({ name }) => name === wanted);
    // A single region_name is a default, above which the settings stand; a list is what there is.
    if (found === undefined && (listed || names.length > 1)) throw unknownRegion(wanted, names, origin);
    return { region: wanted, values: found?.values ?? {} };
  }
  if (names.length > 1)
    throw new Problem('E_CONFIG', `${origin}: there are several regions (${names.join(', ')}), and none is chosen.`, {
      hint: 'Set `region_name` beside `cloud`; each region is a cloud of its own for a migration.',
    });
  if (others.length > 0) throw new Problem('E_CONFIG', `${origin}: region ${names.join()} is listed twice.`);
  return { region: first?.name ?? null, values: first?.values ?? {} };
}

function unknownRegion(wanted: string, names: readonly string[], origin: string): Problem {
  return new Problem('E_CONFIG', `${origin}: there is no region ${wanted}; it lists ${names.join(', ')}.`);
}

function regionsOf(value: unknown, origin: string): Region[] {
  if (!Array.isArray(value) || value.length === 0) throw new Problem('E_CONFIG', `${origin}: regions must be a list of regions.`);
  return value.map((entry: unknown) => {
    if (typeof entry === 'string' && entry !== '') return { name: entry, values: {} };
    const { name, values = {}, ...others } = isSection(entry) ? entry : {};
    if (typeof name !== 'string' || name === '' || !isSection(values) || Object.keys(others).length > 0)
      throw new Problem('E_CONFIG', `${origin}: an entry of regions is neither a name nor a mapping of name and values.`);
    // None of openstacksdk's values overrides with nothing.
    return { name, values: Object.fromEntries(Object.entries(values).filter(([, one]) => one !== null)) };
  });
}

/** `region_name`: one, a list, or the older form with commas. */
function namesIn(value: unknown, origin: string): Region[] {
  if (value === undefined || value === '') return [];
  const names: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return names.map((name) => {
    if (typeof name !== 'string' || name === '')
      throw new Problem('E_CONFIG', `${origin}: region_name must be a text; put it in quotes.`);
    return { name, values: {} };
  });
}
