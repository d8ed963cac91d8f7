import type { Client } from '../../shared/control/client.ts';
import type { AnyCommand, Commands } from '../../shared/control/command.ts';

/** A daemon's commands, checked and run in this process as its control socket would run them. */
export function directClient<C, D extends Commands<C>>(commands: D, context: C): Client<D> {
  const methods = Object.entries(commands).map(([name, command]) => [name, methodOf(command, context)]);
  return Object.fromEntries(methods) as Client<D>;
}

function methodOf<C>({ kind, params: schema, run }: AnyCommand<C>, context: C) {
  const never = new AbortController().signal;
  const nothing = (async function* (): AsyncGenerator<Buffer> {})();
  const checked = (params: unknown): never => schema.parse(params) as never;
  switch (kind) {
    case 'once':
      return async (params: unknown = {}, signal = never) => await run(checked(params), context, signal, nothing);
    case 'stream':
    case 'download':
      return (params: unknown, signal: AbortSignal) => run(checked(params), context, signal, nothing);
    case 'upload':
      return (params: unknown, bytes: AsyncIterable<Buffer>, signal: AbortSignal) => run(checked(params), context, signal, bytes);
  }
}
