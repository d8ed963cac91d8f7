import { describe, expect, test } from 'vitest';
import { dial } from '../../../../protocol/transport/dial.ts';
import { backOff, type ConnectionState, keepConnected } from '../../../../protocol/transport/reconnect.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aPair, closing, untilTestEnds } from './house.ts';

const quick = { firstMs: 1, longestMs: 4, finalMs: 50, goodMs: 10_000 };

describe('a kept connection', () => {
  test('is dialled again when it was lost, and ends with the signal', async () => {
    const { sender, receiver, peer } = await aPair();
    const stopping = new AbortController();
    let sessions = 0;
    const onSocket = async (webSocket: Parameters<typeof closing>[0]): Promise<void> => {
      sessions++;
      if (sessions === 3) stopping.abort();
      else webSocket.terminate();
      await closing(webSocket);
    };
    const dialOnce = (signal: AbortSignal) => dial({ address: receiver.address, ...sender, peer, signal });
    const stop = (): void => receiver.sockets.at(-1)?.webSocket.terminate();
    stopping.signal.addEventListener('abort', stop);
    await keepConnected(dialOnce, { signal: stopping.signal, onSocket, onState: () => undefined, patience: quick });
    expect(sessions).toBe(3);
  });

  test('tells how it goes, and waits longer after a problem that needs a person', async () => {
    const states: ConnectionState[] = [];
    const stopping = new AbortController();
    const failures = [new Problem('E_PEER_UNREACHABLE', 'down'), new Problem('E_PEER_UNPAIRED', 'unpaired')];
    await keepConnected(
      async () => {
        const failure = failures.shift();
        if (failure === undefined) stopping.abort();
        throw failure ?? new Problem('E_PEER_LOST', 'over');
      },
      {
        signal: stopping.signal,
        onSocket: async () => undefined,
        onState: (state) => states.push(state),
        patience: quick,
        random: () => 1,
      },
    );
    expect(states).toMatchObject([
      { is: 'dialling', attempt: 1 },
      { is: 'waiting', delayMs: 1, final: false, problem: { code: 'E_PEER_UNREACHABLE' } },
      { is: 'dialling', attempt: 2 },
      { is: 'waiting', delayMs: 50, final: true, problem: { code: 'E_PEER_UNPAIRED' } },
      { is: 'dialling', attempt: 3 },
    ]);
  });

  test('begins the doubling anew after a session that was of use, however short it was', async () => {
    const { sender, receiver, peer } = await aPair();
    const stopping = new AbortController();
    const delays: number[] = [];
    let sessions = 0;
    await keepConnected((signal) => dial({ address: receiver.address, ...sender, peer, signal }), {
      signal: stopping.signal,
      onSocket: async (webSocket, progressed) => {
        sessions += 1;
        if (sessions >= 4) progressed();
        webSocket.terminate();
      },
      onState: (state) => {
        if (state.is === 'waiting') delays.push(state.delayMs);
        if (delays.length === 6) stopping.abort();
      },
      patience: { firstMs: 4, longestMs: 64, finalMs: 50, goodMs: 10_000 },
      random: () => 1,
    });
    expect(delays).toEqual([4, 8, 16, 4, 4, 4]);
  });

  test('stops waiting at once when the signal aborts', async () => {
    const signal = AbortSignal.any([untilTestEnds(), AbortSignal.timeout(50)]);
    const refuse = async () => {
      throw new Problem('E_PEER_UNREACHABLE', 'down');
    };
    const begun = performance.now();
    const patience = { firstMs: 60_000, longestMs: 60_000 };
    await keepConnected(refuse, { signal, onSocket: async () => undefined, onState: () => undefined, patience });
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  test('backs off from a second to half a minute, with jitter', () => {
    const patience = { firstMs: 1000, longestMs: 30_000 };
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => backOff(patience, failures, 1))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect(backOff(patience, 3, 0)).toBe(2000);
  });
});
