/** What each exit status means; scripts rely on it. `problems` says which code ends with which. */
export const exitStatuses = {
  0: 'done',
  1: 'a defect in Godwit',
  2: 'the command, a configuration, plan or document is wrong',
  3: 'the daemon or this machine: not running, locked, full, a tool is missing',
  10: 'the peer cannot be reached, or does not speak our protocol',
  11: 'the peer is not paired, or not who it was',
  12: 'the SSH tunnel',
  20: 'a cloud: credentials, rights, endpoints, no answer',
  21: 'the destination has no room, or something is in the way',
  22: 'a server is in a state that stops its move',
  30: 'bytes differ: a copied disk is not the same as its source',
  31: 'attributes differ on which a guest or its network depends',
  32: 'attributes differ on which no guest depends',
  40: 'the campaign cannot do this now; nothing was written',
  41: 'paused, cancelled or interrupted',
} as const satisfies Record<number, string>;

/** A status that a command can end with. */
export type ExitStatus = keyof typeof exitStatuses;

/** The lines that explain the given statuses, for the end of a help text. */
export function explainExits(statuses: readonly ExitStatus[]): string[] {
  return [...statuses].sort((a, b) => a - b).map((status) => `  ${String(status).padStart(2)}  ${exitStatuses[status]}`);
}
