import { randomInt } from 'node:crypto';
import { isIPv6, type Socket } from 'node:net';

/** Sockets by the network they come from. */
type Places = Map<string, Set<Socket>>;

/**
 * A bounded number of sockets. One too many puts out one of the network that has the most, by
 * chance: nobody can fill the places of others, and who comes fast does not outlast who is slow.
 */
export class Crowd {
  readonly #limit: number;
  readonly #places: Places = new Map();
  /** Of each socket, for its address is gone when it is closed. */
  readonly #networks = new Map<Socket, string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place, and puts out another socket where there is none. */
  add(socket: Socket): void {
    const network = networkOf(socket.remoteAddress ?? '');
    if (this.#networks.size >= this.#limit) this.#putOut(network);
    this.#networks.set(socket, network);
    const others = this.#places.get(network);
    if (others === undefined) this.#places.set(network, new Set([socket]));
    else others.add(socket);
  }

  /** Frees the place of a socket. */
  remove(socket: Socket): void {
    const network = this.#networks.get(socket);
    if (network === undefined) return;
    this.#networks.delete(socket);
    const others = this.#places.get(network);
    others?.delete(socket);
    if (others?.size === 0) this.#places.delete(network);
  }

  /** Puts out one of the network that has the most; of the newcomer's where none has more. */
  #putOut(newcomer: string): void {
    let most = this.#places.get(newcomer) ?? new Set<Socket>();
    for (const sockets of this.#places.values()) if (sockets.size > most.size) most = sockets;
    const chosen = [...most][randomInt(most.size)];
    if (chosen === undefined) return;
    this.remove(chosen);
    chosen.destroy();
  }
}

/** What one client may have addresses in: itself for IPv4, the first 64 bits for IPv6. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const first = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - first.length - tail.split(':').filter(Boolean).length;
  return [...first, ...Array.from({ length: missing }, () => '0')].slice(0, 4).join(':');
}
