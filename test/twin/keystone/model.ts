/** A project (tenant). */
export interface Project {
  readonly id: string;
  name: string;
  description: string;
  enabled: boolean;
}

/** A user of the default domain. */
export interface User {
  readonly id: string;
  name: string;
  /** Salted digest; the password itself is not kept. */
  secret: string;
  enabled: boolean;
}

/** A role held by a user in a project. */
export interface Assignment {
  readonly userId: string;
  readonly projectId: string;
  readonly role: string;
}

/** An application credential: a delegation bound to one user and one project. */
export interface ApplicationCredential {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly userId: string;
  readonly projectId: string;
  readonly roles: readonly string[];
  readonly secret: string;
  readonly expiresAt: string | null;
}

/** An issued token. */
export interface Token {
  readonly id: string;
  readonly userId: string;
  /** Empty when unscoped. */
  readonly projectId: string;
  readonly methods: readonly string[];
  readonly auditIds: readonly string[];
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** Roles, when an application credential limits them. */
  readonly limitedRoles: readonly string[] | null;
  readonly applicationCredentialId: string | null;
}
