import { isIP } from 'node:net';
import { Problem } from '../../shared/problem.ts';

/** The port a receiver listens on unless configured otherwise. */
export const defaultPort = 9443;

/** Where a receiver is reached: directly, or on the loopback of a machine reached by SSH. */
export type Address =
  | { readonly kind: 'wss'; readonly host: string; readonly port: number }
  | { readonly kind: 'ssh'; readonly user: string; readonly host: string; readonly port: number; readonly receiverPort: number };

/**
 * Reads `wss://host[:port]`, `host[:port]` or `ssh://user@host[:port][/receiver-port]`, IPv6 in
 * brackets. A password is refused: addresses are kept in files and shown. Throws E_ADDRESS.
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  let url: URL;
  try {
    // URL applies its host rules only to schemes it knows, so the scheme is replaced by http.
    url = new URL(trimmed.replace(/^(?:(?:wss|ssh):\/\/)?/i, 'http://'));
  } catch {
    throw unreadable(trimmed);
  }
  if (url.password !== '') throw new Problem('E_ADDRESS', 'An address must not hold a password; SSH uses a key or an agent.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const rest = `${url.search}${url.hash}`;
  if (host === '' || rest !== '' || /\s/.test(trimmed)) throw unreadable(trimmed);
  return /^ssh:/i.test(trimmed) ? sshAddress(url, host, trimmed) : wssAddress(url, host, trimmed);
}

/** The address in its full form, as it is stored and shown. */
export function printAddress(address: Address): string {
  const host = isIP(address.host) === 6 ? `[${address.host}]` : address.host;
  if (address.kind === 'wss') return `wss://${host}:${address.port}`;
  const path = address.receiverPort === defaultPort ? '' : `/${address.receiverPort}`;
  return `ssh://${encodeURIComponent(address.user)}@${host}${address.port === 22 ? '' : `:${address.port}`}${path}`;
}

function wssAddress(url: URL, host: string, text: string): Address {
  if (url.username !== '' || url.pathname !== '/') throw unreadable(text);
  return { kind: 'wss', host, port: portOf(url, text, defaultPort) };
}

function sshAddress(url: URL, host: string, text: string): Address {
  const path = /^\/(\d{0,5})$/.exec(url.pathname);
  if (url.username === '') throw new Problem('E_ADDRESS', 'An SSH address names its user: ssh://user@host.');
  if (path === null) throw unreadable(text);
  const receiverPort = path[1] ? Number(path[1]) : defaultPort;
  if (receiverPort < 1 || receiverPort > 65_535) throw unreadable(text);
  return { kind: 'ssh', user: decoded(url.username, text), host, port: portOf(url, text, 22), receiverPort };
}

function decoded(user: string, text: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    throw unreadable(text);
  }
}

/** URL drops `:80` as the default of http, so the text is checked too. */
function portOf(url: URL, text: string, otherwise: number): number {
  const port = url.port !== '' ? Number(url.port) : /:80(?:\/|$)/.test(text) ? 80 : otherwise;
  if (port < 1) throw unreadable(text);
  return port;
}

/** Leaves out what stands before an @, because it may hold a password. */
function unreadable(text: string): Problem {
  const shown = text.replace(/^(\w+:\/\/)?.*@/s, '$1…@');
  return new Problem('E_ADDRESS', `${JSON.stringify(shown)} is not the address of a receiver.`, { about: shown });
}
