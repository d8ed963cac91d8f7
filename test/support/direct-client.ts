import type { Client } from '../../shared/control/client.ts';
import type { AnyCommand, Commands } from '../../shared/control/command.ts';
import { Problem } from '../../shared/problem.ts';

/** A daemon's commands, checked and run in this process as its control socket would run them. */
export function directClient<C, D extends Commands<C>>(commands: D, context: C): Client<D> {
  const methods = Object.entries(commands).map(([name, command]) => [name, methodOf(command, context)]);
  return Object.fromEntries(methods) as Client<D>;
}

/** What a command answers; throws where it fails with a status that its help does not list. */
async function declared<T>(answer: Promise<T>, exits: readonly number[]): Promise<T> {
  return await answer.catch((error: unknown) => {
    if (error instanceof Problem && ![1, 2, 3, 41, ...exits].includes(error.exit))
      throw new Error(`The command does not declare that it can end with ${error.exit}.`, { cause: error });
    throw error;
  });
}

function methodOf<C>({ kind, params: schema, run, exits = [] }: AnyCommand<C>, context: C) {
  const never = new AbortController().signal;
  const nothing = (async function* (): AsyncGenerator<Buffer> {})();
  const checked = (params: unknown): never => schema.parse(params) as never;
  switch (kind) {
    case 'once':
      return async (params: unknown = {}, signal = never) =>
        await declared(Promise.resolve(run(checked(params), context, signal, nothing)), exits);
    case 'stream':
    case 'download':
      return (params: unknown, signal: AbortSignal) => run(checked(params), context, signal, nothing);
    case 'upload':
      return (params: unknown, bytes: AsyncIterable<Buffer>, signal: AbortSignal) => run(checked(params), context, signal, bytes);
  }
}
