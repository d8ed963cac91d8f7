/** A project (tenant). */
export interface Project {
  readonly id: string;
  name: string;
  description: string;
  /** A state of before has none. */
  tags?: readonly string[];
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

/** A group of users of the default domain. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** A role that a user or a group holds in a project, or in every project of the domain. */
export interface Assignment {
  /** Empty where a group holds it. */
  readonly userId: string;
  readonly groupId?: string;
  /** Empty where every project inherits it from the domain. */
  readonly projectId: string;
  readonly role: string;
}

/** A key and a secret with which a user signs requests of EC2 and S3 in a project. */
export interface Ec2Credential {
  readonly access: string;
  readonly secret: string;
  readonly userId: string;
  readonly projectId: string;
}

/** Roles that a user has given to another in a project. */
export interface Trust {
  readonly id: string;
  readonly trustorId: string;
  readonly trusteeId: string;
  readonly projectId: string;
  readonly roles: readonly string[];
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
  /** The calls that it is for; without any it is for all. */
  readonly accessRules?: readonly AccessRule[];
}

/** A call of a service; `*` stands for a part of its path, `**` for all that follows. */
export interface AccessRule {
  readonly service: string;
  readonly method: string;
  readonly path: string;
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
