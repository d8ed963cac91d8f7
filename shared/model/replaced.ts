/**
 * Values that a campaign replaces, by name: what was there, and what it sets; null where there is
 * none.
 */
export type Replaced<V = unknown> = Readonly<Record<string, { readonly was: V; readonly is: V }>>;
