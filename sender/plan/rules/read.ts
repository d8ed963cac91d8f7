import { readYaml } from '../../../shared/config.ts';
import { type MappingRule, RulesFile } from '../../model/rule.ts';

/**
 * The rules of a configuration: its own, or those of the file that it names, read anew each time.
 * Throws E_CONFIG with every complaint.
 */
export async function readRules(setting: string | readonly MappingRule[] | null): Promise<readonly MappingRule[]> {
  if (setting === null) return [];
  return typeof setting === 'string' ? (await readYaml(setting, RulesFile)).rules : setting;
}
