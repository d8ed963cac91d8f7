import { describe, expect, test } from 'vitest';
import { parseAddress, printAddress } from '../../../../protocol/transport/address.ts';
import { isProblem } from './house.ts';

describe('an address', () => {
  test.each([
    ['cloud-b', 'wss://cloud-b:9443'],
    ['cloud-b:1234', 'wss://cloud-b:1234'],
    ['cloud-b:80', 'wss://cloud-b:80'],
    ['wss://cloud-b.example', 'wss://cloud-b.example:9443'],
    ['WSS://Cloud-B.example/', 'wss://cloud-b.example:9443'],
    ['192.0.2.7:9443', 'wss://192.0.2.7:9443'],
    ['[2001:db8::7]', 'wss://[2001:db8::7]:9443'],
    ['wss://[2001:db8::7]:1', 'wss://[2001:db8::7]:1'],
    ['ssh://mover@cloud-b', 'ssh://mover@cloud-b'],
    ['ssh://mover@cloud-b:2222', 'ssh://mover@cloud-b:2222'],
    ['ssh://mover@[2001:db8::7]:2222/9555', 'ssh://mover@[2001:db8::7]:2222/9555'],
    ['ssh://a%40b@cloud-b', 'ssh://a%40b@cloud-b'],
  ])('%s reads as %s', (text, full) => {
    expect(printAddress(parseAddress(text))).toBe(full);
    expect(parseAddress(full)).toEqual(parseAddress(text));
  });

  test.each([
    '',
    ' ',
    'https://cloud-b',
    'ws://cloud-b',
    'cloud-b:99999',
    'cloud-b:0',
    'cloud b',
    'cloud-b/path',
    'cloud-b?x',
    'user@cloud-b',
    'ssh://cloud-b',
    'ssh://u@cloud-b/x',
    'ssh://u@cloud-b/70000',
    'ssh://%zz@cloud-b',
    'ssh://@',
    '[::1',
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(isProblem('E_ADDRESS'));
  });

  test.each([
    'ssh://mover:canary-7f3a@cloud-b',
    'ssh://mover:canary-7f3a@cloud b',
    'ssh://mover:/canary-7f3a@cloud-b',
    'x:canary-7f3a@[b',
  ])('with a password is refused without repeating it: %s', (text) => {
    const refused = () => parseAddress(text);
    expect(refused).toThrow(isProblem('E_ADDRESS'));
    expect(refused).not.toThrow('canary-7f3a');
  });
});
