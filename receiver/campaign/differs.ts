import type { Built } from '../../shared/cloud/destination-cloud.ts';

/** Between the differences that are told of one resource. */
const separator = '; ';

/** What was built, with how it differs from the source's. */
export function withDifferences(built: Built, differences: readonly string[]): Built {
  if (differences.length === 0) return built;
  return { ...built, detail: { ...built.detail, differs: differences.join(separator) } };
}

/** Those differences that `withDifferences` did not tell; their values may hold the separator. */
export function untold(differences: readonly string[], detail: Built['detail']): string[] {
  const told = `${separator}${detail?.['differs'] ?? ''}${separator}`;
  return differences.filter((difference) => !told.includes(`${separator}${difference}${separator}`));
}
