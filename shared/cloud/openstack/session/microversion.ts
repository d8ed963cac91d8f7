import { Problem } from '../../../problem.ts';

/** The oldest supported compute microversion: tags at server creation. */
const oldest = '2.52';
/**
 * The newest we were written against; newer ones may change answers (Nova's "REST API Version
 * History").
 */
const newest = '2.96';

/** Chooses the compute microversion from the version document. Throws E_MICROVERSION. */
export function negotiate(body: unknown): string {
  const document = body as { version?: { version?: string; min_version?: string } } | null;
  const highest = document?.version?.version ?? '';
  if (!/^2\.\d+$/.test(highest) || maximumOf([highest, oldest]) !== highest)
    throw new Problem(
      'E_MICROVERSION',
      `The compute service speaks microversions up to ${highest || 'none'}; ${oldest} is needed.`,
    );
  return maximumOf([highest, newest]) === highest ? newest : highest;
}

/** The highest of some microversions, which sort by number: 2.9 comes before 2.10. */
export function maximumOf(versions: readonly [string, ...string[]]): string {
  return versions.reduce((best, next) => (minor(next) > minor(best) ? next : best));
}

const minor = (version: string): number => Number(version.split('.')[1]);
