import type { Table } from './attribute.ts';

/** Compute API, "Show A Quota", and its like: the answer is the limits. */
export const quotaSet: Table = [
  { api: null, field: 'limits', fate: 'mapped', why: 'the plan says whether lower ones of the destination are raised' },
];
