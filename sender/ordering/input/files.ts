import { parseYaml } from '../../../shared/config.ts';
import { type Configurations, parseConfigurations } from '../../../shared/model/configurations.ts';
import { readJson, readText } from '../../../shared/operator-file.ts';
import { Problem } from '../../../shared/problem.ts';
import { Plan } from '../../model/plan.ts';
import type { PastCampaign } from '../prediction/backtest.ts';
import { addressDirectory, type ResolveAddress } from '../traffic/address-directory.ts';
import { readMatrixFile } from '../traffic/matrix-file.ts';
import { mergeMatrices } from '../traffic/merge-matrices.ts';
import type { AnalyzeFlags } from './flags.ts';
import { parseHistory } from './history-file.ts';
import type { TenantFiles } from './tenant.ts';

/** The content of the files that were named. */
export interface AnalyzeFiles extends TenantFiles {
  /** The plan's text, for `--write`. */
  readonly planText: string;
  readonly services: string | null;
  readonly hosts: string | null;
  readonly history: readonly PastCampaign[];
}

/** Reads all files that were named. Errors name their file. */
export async function readFiles(matrices: readonly string[], flags: AnalyzeFlags): Promise<AnalyzeFiles> {
  const maybe = (file: string | undefined): Promise<string | null> =>
    file === undefined ? Promise.resolve(null) : readText(file);
  const documents = await Promise.all(
    (flags.document ?? []).map(async (file) => parseConfigurations(await readJson(file), file)),
  );
  const planText = await maybe(flags.plan);
  const plan = planText === null ? null : parseYaml(planText, flags.plan ?? '', Plan, 'E_PLAN');
  const { resolve, named } = addressesOf(documents, plan);
  const read = await Promise.all(matrices.map((file) => readMatrixFile(file, named, resolve, 0)));
  const [first, ...others] = read.map(({ traffic }) => traffic);
  if (first === undefined) throw new Problem('E_USAGE', 'Name a matrix.');
  const reports = await Promise.all((flags.history ?? []).map(async (file) => ({ file, value: await readJson(file) })));
  return {
    documents,
    plan,
    planText: planText ?? '',
    history: parseHistory(reports),
    traffic: mergeMatrices(first, ...others),
    older: read.flatMap(({ older }) => older ?? []),
    services: await maybe(flags.services),
    hosts: await maybe(flags.hosts),
  };
}

/**
 * How the words of a matrix are resolved: by the documents, by the names in the plan, or else as
 * server ids.
 */
function addressesOf(
  documents: readonly Configurations[],
  plan: Plan | null,
): { resolve: ResolveAddress; named: readonly { readonly servers: readonly { id: string; name: string }[] }[] } {
  if (documents.length > 0) return { resolve: addressDirectory(documents), named: documents };
  if (plan === null) return { resolve: (word) => ({ is: 'server', id: word }), named: [] };
  const servers = plan.waves.flatMap((wave) => wave.servers.map(({ id, name = id }) => ({ id, name })));
  return { resolve: addressDirectory([]), named: [{ servers }] };
}
