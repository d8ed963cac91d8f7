import { randomBytes, randomUUID } from 'node:crypto';

/** A uuid with dashes, as Nova, Neutron and Glance name things. */
export const newUuid = (): string => randomUUID();

/** A uuid without dashes, as Keystone names things. */
export const newHexId = (): string => randomUUID().replaceAll('-', '');

/** A token that looks like a Fernet one: opaque, url-safe, about 180 characters. */
export const newTokenId = (): string => `gAAAAA${randomBytes(132).toString('base64url')}`;

/** The time in whole seconds with a Z, as Nova, Neutron and Glance print it. */
export const stamp = (when: Date = new Date()): string => `${when.toISOString().slice(0, 19)}Z`;

/** The time with microseconds, as Keystone prints it. */
export const longStamp = (when: Date): string => `${when.toISOString().slice(0, 23)}000Z`;
