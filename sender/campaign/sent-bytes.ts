/** Bytes that crossed the line for a server: in every round, and in the last copy of each disk. */
export function sentBytesOf(server: {
  readonly disks: readonly { readonly sentBytes: number }[];
  readonly rounds: readonly { readonly bytes: number }[];
}): number {
  const copies = server.disks.reduce((total, { sentBytes }) => total + sentBytes, 0);
  return server.rounds.reduce((total, { bytes }) => total + bytes, copies);
}
