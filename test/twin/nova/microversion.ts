import type { IncomingHttpHeaders } from 'node:http';
import { badRequest, Refusal } from '../refusal.ts';

/**
 * The range of compute microversions that Zed serves (nova/api/openstack/api_version_request.py).
 */
export const minimumMinor = 1;
/** The newest minor of Zed: 2.93. */
export const maximumMinor = 93;

/** The services with microversions, and what Zed serves of each. */
const ranges = {
  compute: { major: 2, least: minimumMinor, most: maximumMinor },
  // cinder/api/openstack/api_version_request.py
  volume: { major: 3, least: 0, most: 70 },
} as const;

/**
 * The minor that the headers ask for; without a header the least, whatever else was negotiated
 * before.
 */
export function negotiate(headers: IncomingHttpHeaders, service: keyof typeof ranges = 'compute'): number {
  const { major, least, most } = ranges[service];
  const asked = askedVersion(headers, service);
  if (asked === undefined) return least;
  if (asked === 'latest') return most;
  const parts = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(asked);
  if (parts === null) throw badRequest(`API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`);
  const minor = Number(parts[2]);
  if (parts[1] !== String(major) || minor < least || minor > most) {
    throw new Refusal(
      406,
      `Version ${asked} is not supported by the API. Minimum is ${major}.${least} and maximum is ${major}.${most}.`,
    );
  }
  return minor;
}

function askedVersion(headers: IncomingHttpHeaders, wanted: keyof typeof ranges): string | undefined {
  const modern = headers['openstack-api-version'];
  for (const part of String(modern ?? '').split(',')) {
    const [service, version] = part.trim().split(/\s+/);
    if (service?.toLowerCase() === wanted && version !== undefined) return version;
  }
  const legacy = wanted === 'compute' ? headers['x-openstack-nova-api-version'] : undefined;
  return typeof legacy === 'string' ? legacy : undefined;
}

/** The headers by which an answer names the microversion it was made for. */
export function microversionHeaders(headers: IncomingHttpHeaders): [string, string][] {
  const version = `2.${negotiate(headers)}`;
  return [
    ['OpenStack-API-Version', `compute ${version}`],
    ['X-OpenStack-Nova-API-Version', version],
    ['Vary', 'OpenStack-API-Version, X-OpenStack-Nova-API-Version'],
  ];
}
