import type { Secret } from '../../../secret.ts';

/** A user or project by id, or by name in a domain. */
export type Named = { readonly id: string } | { readonly name: string; readonly domain: Domain };

/** A Keystone domain by id or name. */
export type Domain = { readonly id: string } | { readonly name: string };

/** How we authenticate with Keystone: Identity API v3, "Authentication and token management". */
export type KeystoneIdentity =
  | { readonly method: 'password'; readonly user: Named; readonly password: Secret }
  | { readonly method: 'token'; readonly token: Secret }
  | { readonly method: 'application_credential'; readonly id: string; readonly secret: Secret }
  | { readonly method: 'application_credential'; readonly name: string; readonly user: Named; readonly secret: Secret };

/**
 * Limits of one HTTP exchange, by part: until connected, until the answer's headers, between two
 * pieces of its body.
 */
interface HttpTimeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly bodyIdleMs: number;
}

/**
 * Everything needed to speak to one cloud as one user in one project; the sum of settings,
 * clouds.yaml and environment.
 */
export interface Access {
  /** Where the credentials came from, for people: `cloud src of /etc/openstack/clouds.yaml`. */
  readonly origin: string;
  /** Ends in `/v3`. */
  readonly authUrl: string;
  readonly identity: KeystoneIdentity;
  /** Null for an application credential and for a token that is scoped already. */
  readonly project: Named | null;
  readonly region: string | null;
  readonly interface: 'public' | 'internal' | 'admin';
  /** PEM text. */
  readonly ca: string | null;
  readonly clientCertificate: { readonly cert: string; readonly key: Secret } | null;
  readonly verify: boolean;
  /**
   * Addresses instead of the catalogue's, by service: `compute`, `network`, `image`, `volume`.
   */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly timeouts: HttpTimeouts;
}
