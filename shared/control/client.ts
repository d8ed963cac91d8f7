import type { z } from 'zod';
import { callControl, fetchControl, followControl, sendControl } from './call.ts';
import type { AnyCommand, Commands } from './command.ts';

/** A daemon's commands as another process asks for them: one method each. */
export type Client<D extends Commands> = { readonly [N in keyof D]: Method<D[N]> };

/** What a caller passes for one command. */
type CommandParams<D extends AnyCommand> = z.input<D['params']>;

/** What a caller gets back. */
type CommandAnswer<D extends AnyCommand> = ReturnType<D['run']>;

/** How one command is asked for; its params may be left out where none is required. */
type Method<D extends AnyCommand> = {
  once: Record<never, never> extends CommandParams<D>
    ? (params?: CommandParams<D>, signal?: AbortSignal) => CommandAnswer<D>
    : (params: CommandParams<D>, signal?: AbortSignal) => CommandAnswer<D>;
  stream: (params: CommandParams<D>, signal: AbortSignal) => CommandAnswer<D>;
  download: (params: CommandParams<D>, signal: AbortSignal) => CommandAnswer<D>;
  upload: (params: CommandParams<D>, bytes: AsyncIterable<Buffer>, signal: AbortSignal) => CommandAnswer<D>;
}[D['kind']];

/** The commands of the daemon at a socket; each throws what it throws there, or E_DAEMON_DOWN. */
export function clientOf<D extends Commands>(socket: string, commands: D): Client<D> {
  const methods = Object.entries(commands).map(([name, { kind }]) => [name, methodOf(socket, name, kind)]);
  return Object.fromEntries(methods) as Client<D>;
}

function methodOf(socket: string, name: string, kind: AnyCommand['kind']) {
  switch (kind) {
    case 'once':
      return (params: object = {}, signal?: AbortSignal) => callControl(socket, name, params, signal);
    case 'stream':
      return (params: object, signal: AbortSignal) => followControl(socket, name, params, signal);
    case 'download':
      return (params: object, signal: AbortSignal) => fetchControl(socket, name, params, signal);
    case 'upload':
      return (params: object, bytes: AsyncIterable<Buffer>, signal: AbortSignal) =>
        sendControl(socket, name, params, bytes, signal);
  }
}
