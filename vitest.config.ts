import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// Nest's injection needs decorator metadata, which esbuild does not emit.
const plugins = [
  swc.vite({
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true, tsx: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, react: { runtime: 'automatic' } },
    },
  }),
];
/**
 * Of tests on real processes and real time: a machine's hiccup fails one once, a fault fails it twice. `npm test` names
 * what passed only the second time, to be mended all the same.
 */
const retry = process.env['CI'] === undefined ? 0 : 1;
/** How long `expect.poll` looks: some of what is waited for comes with a poll of two seconds where its notice was missed. */
const expect = { poll: { timeout: 10_000 } };
const sources = '{apps,packages,infra}/*/src/**';

/** `unit`: pure tables. `db`: on a real PostgreSQL and Redis of their own. `machine`: needs root, containers, HAProxy or nftables. */
export default defineConfig({
  plugins,
  test: {
    pool: 'forks',
    projects: [
      {
        plugins,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: [`${sources}/*.test.{ts,tsx}`],
          exclude: ['**/*.{db,http,machine}.test.ts', '**/node_modules/**'],
          testTimeout: 20_000,
        },
      },
      {
        plugins,
        test: {
          name: 'db',
          retry,
          expect,
          sequence: { groupOrder: 1 },
          include: [`${sources}/*.{db,http}.test.ts`],
          globalSetup: ['test/support/services.global.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        plugins,
        test: {
          name: 'machine',
          retry,
          expect,
          sequence: { groupOrder: 2 },
          include: [`${sources}/*.machine.test.ts`],
          globalSetup: ['test/support/services.global.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      // Run by name only, against the cluster that KUBECONFIG names; `e2e` runs the same files against the embedded one.
      ...(process.env['SLIPWAY_CONFORMANCE'] === undefined
        ? []
        : [
            {
              plugins,
              test: {
                name: 'conformance',
                include: ['test/conformance/**/*.test.ts'],
                exclude: ['test/conformance/chart.test.ts'],
                globalSetup: ['test/support/kubeconfig.global.ts'],
                testTimeout: 300_000,
                fileParallelism: false,
              },
            },
          ]),
      {
        plugins,
        test: {
          name: 'e2e',
          retry,
          expect,
          sequence: { groupOrder: 3 },
          include: ['test/{e2e,conformance}/**/*.test.ts'],
          globalSetup: ['test/support/platform.global.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      // On a platform with a real Keycloak.
      {
        plugins,
        test: {
          name: 'keycloak',
          retry,
          expect,
          sequence: { groupOrder: 4 },
          include: ['test/keycloak/**/*.test.ts', 'test/e2e/onboarding*.test.ts'],
          globalSetup: ['test/support/keycloak.global.ts'],
          testTimeout: 120_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
