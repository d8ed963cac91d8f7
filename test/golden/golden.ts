import { createHash } from 'node:crypto';

/** The peer of the golden states. */
export const knownPeer = {
  name: 'cloud-b',
  address: 'wss://cloud-b.example.org:9443',
  fingerprint: createHash('sha256').update('a key').digest('hex'),
  certificate: '',
  paired_at: '2026-11-20T09:00:00.000Z',
};

/** A plan that the spool of the golden states accepted. */
export const spoolFile = { file: 'plan.yaml', digest: createHash('sha256').update('a plan').digest('hex') };
