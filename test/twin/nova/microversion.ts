import type { IncomingHttpHeaders } from 'node:http';
import { badRequest, Refusal } from '../refusal.ts';

/**
 * The range of compute microversions that Zed serves (nova/api/openstack/api_version_request.py).
 */
export const minimumMinor = 1;
/** The newest minor of Zed: 2.93. */
export const maximumMinor = 93;

/**
 * The minor that the headers ask for; without a header 2.1, whatever else was negotiated before.
 */
export function negotiate(headers: IncomingHttpHeaders): number {
  const asked = askedVersion(headers);
  if (asked === undefined) return minimumMinor;
  if (asked === 'latest') return maximumMinor;
  const parts = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(asked);
  if (parts === null) throw badRequest(`API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`);
  const minor = Number(parts[2]);
  if (parts[1] !== '2' || minor < minimumMinor || minor > maximumMinor) {
    throw new Refusal(
      406,
      `Version ${asked} is not supported by the API. Minimum is 2.${minimumMinor} and maximum is 2.${maximumMinor}.`,
    );
  }
  return minor;
}

function askedVersion(headers: IncomingHttpHeaders): string | undefined {
  const modern = headers['openstack-api-version'];
  for (const part of String(modern ?? '').split(',')) {
    const [service, version] = part.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version !== undefined) return version;
  }
  const legacy = headers['x-openstack-nova-api-version'];
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
