import type { FlowMatrix, Rejection } from './matrix.ts';

/** Why observations were not counted, as the end of a sentence. */
const reasons: Readonly<Record<Rejection, string>> = {
  malformed: 'could not be read',
  absurd_count: 'had impossible counts',
  self_traffic: 'were of a server with itself',
  not_a_conversation: 'were multicast, broadcast or link-local',
  unknown_address: 'had addresses of the tenant that no server has',
  ambiguous_address: 'had addresses that several servers have',
  foreign_traffic: 'were of other tenants',
  over_limit: 'found no room',
};

/** Says how many observations a matrix does not count, and why: a line for each reason. */
export function rejectedLines({ rejected }: Pick<FlowMatrix, 'rejected'>): string[] {
  return Object.entries(rejected).map(([reason, count]) => `${count} ${reasons[reason as Rejection]}`);
}
