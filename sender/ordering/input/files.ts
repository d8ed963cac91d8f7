import { readJson, readText } from '../../../shared/cli/file.ts';
import { parseYaml } from '../../../shared/config.ts';
import { type Configurations, parseConfigurations } from '../../../shared/model/configurations.ts';
import { Plan } from '../../../shared/model/plan.ts';
import { Problem } from '../../../shared/problem.ts';
import { directoryOf, type Resolve } from '../traffic/address-directory.ts';
import { readMatrix } from '../traffic/matrix-file.ts';
import { mergeTraffic } from '../traffic/merge-matrices.ts';
import { type Past, pastOf } from './history-file.ts';
import type { Chosen } from './options.ts';
import type { Files } from './tenant.ts';

/** The files that were named, read. */
export interface Read extends Files {
  /** The plan as it stands in its file. */
  readonly planText: string;
  readonly services: string | null;
  readonly hosts: string | null;
  readonly history: readonly Past[];
}

/** Reads every file that was named. Each failure names its file. */
export async function readFiles(matrices: readonly string[], chosen: Chosen): Promise<Read> {
  const maybe = (file: string | undefined): Promise<string | null> =>
    file === undefined ? Promise.resolve(null) : readText(file);
  const documents = await Promise.all(
    (chosen.document ?? []).map(async (file) => parseConfigurations(await readJson(file), file)),
  );
  const planText = await maybe(chosen.plan);
  const plan = planText === null ? null : parseYaml(planText, chosen.plan ?? '', Plan, 'E_PLAN');
  const { resolve, named } = addressesOf(documents, plan);
  const read = await Promise.all(matrices.map((file) => readMatrix(file, named, resolve, 0)));
  const [first, ...others] = read.map(({ traffic }) => traffic);
  if (first === undefined) throw new Problem('E_USAGE', 'Name a matrix.');
  const reports = await Promise.all((chosen.history ?? []).map(async (file) => ({ file, value: await readJson(file) })));
  return {
    ...{ documents, plan, planText: planText ?? '', history: pastOf(reports) },
    traffic: mergeTraffic(first, ...others),
    older: read.flatMap(({ older }) => older ?? []),
    services: await maybe(chosen.services),
    hosts: await maybe(chosen.hosts),
  };
}

/** How the words of a matrix that people made are understood: by the documents, by the plan's names, or else each word is a server of its own. */
function addressesOf(
  documents: readonly Configurations[],
  plan: Plan | null,
): { resolve: Resolve; named: readonly { readonly servers: readonly { id: string; name: string }[] }[] } {
  if (documents.length > 0) return { resolve: directoryOf(documents), named: documents };
  if (plan === null) return { resolve: (word) => ({ is: 'server', id: word }), named: [] };
  const servers = plan.waves.flatMap((wave) => wave.servers.map(({ id, name = id }) => ({ id, name })));
  return { resolve: directoryOf([]), named: [{ servers }] };
}
