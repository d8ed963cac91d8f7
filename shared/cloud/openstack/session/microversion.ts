import { Problem } from '../../../problem.ts';

/** The services with microversions. */
export type Versioned = 'compute' | 'volume';

/**
 * The oldest supported microversion, and the newest that we were written against: newer ones may
 * change answers ("REST API Version History" of Nova and of Cinder).
 */
const supported = {
  // Tags at server creation.
  compute: { oldest: '2.52', newest: '2.96' },
  // The visibility of an image that is made of a volume.
  volume: { oldest: '3.1', newest: '3.71' },
} as const satisfies Record<Versioned, object>;

/** Chooses the microversion of a service from its version document. Throws E_MICROVERSION. */
export function negotiate(body: unknown, service: Versioned = 'compute'): string {
  const { oldest, newest } = supported[service];
  const highest = highestIn(body, service);
  const isOne = /^\d+\.\d+$/.test(highest) && highest.split('.')[0] === oldest.split('.')[0];
  if (!isOne || maximumOf([highest, oldest]) !== highest)
    throw new Problem(
      'E_MICROVERSION',
      `The ${service} service speaks microversions up to ${highest || 'none'}; ${oldest} is needed.`,
    );
  return maximumOf([highest, newest]) === highest ? newest : highest;
}

/** Nova describes one version in its document, Cinder lists those that it has. */
function highestIn(body: unknown, service: Versioned): string {
  type Version = { readonly id?: string; readonly version?: string };
  const document = body as { readonly version?: Version; readonly versions?: readonly Version[] } | null;
  if (service === 'compute') return document?.version?.version ?? '';
  return document?.versions?.find(({ id }) => id?.startsWith('v3') === true)?.version ?? '';
}

/** The highest of some microversions, which sort by number: 2.9 comes before 2.10. */
export function maximumOf(versions: readonly [string, ...string[]]): string {
  return versions.reduce((best, next) => (minor(next) > minor(best) ? next : best));
}

const minor = (version: string): number => Number(version.split('.')[1]);
