import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests start daemons and commands some thousand times. What Node compiled of them once, the next
// process reads: 0.3 instead of 0.9 CPU seconds for each start.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/node-compiled', import.meta.url));

/** One project per kind of test; see test/README.md for what each may touch. */
export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.ts'],
    // Most tests wait for clouds and sockets; two files at a time use two cores.
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', root: '.', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      {
        test: {
          name: 'conformance',
          root: '.',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'e2e', root: '.', include: ['test/e2e/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 180_000 } },
      { test: { name: 'long', root: '.', include: ['test/long/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 180_000 } },
      {
        test: {
          name: 'chaos',
          root: '.',
          include: ['test/chaos/**/*.test.ts', 'test/power-cut/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'soak',
          root: '.',
          include: ['test/soak/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'traffic',
          root: '.',
          include: ['test/traffic/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'releases',
          root: '.',
          include: ['test/releases/**/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'openstack',
          root: '.',
          include: ['test/openstack/**/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
