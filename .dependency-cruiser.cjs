/** Who may import whom. A message names the remedy. */
const onlyFrom = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
module.exports = {
  forbidden: [
    onlyFrom(
      'no-circular',
      'Two modules import each other: move what both need below them.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    onlyFrom(
      'orchestrator-stands-alone',
      'packages/orchestrator imports nothing of ours: pass what it needs in by its options.',
      { path: '^packages/orchestrator/src' },
      { path: '^(apps|infra|packages/(?!orchestrator))' },
    ),
    onlyFrom(
      'orchestrator-without-nest',
      'Nest belongs to packages/platform and its doors.',
      { path: '^packages/orchestrator/src' },
      { path: 'node_modules/@nestjs' },
    ),
    onlyFrom(
      'prisma-in-database-only',
      'Import the client from kernel/database; only that folder knows Prisma.',
      { path: '^(packages|apps)', pathNot: '^packages/platform/src/(kernel/database|generated)' },
      { path: ['node_modules/(@prisma|prisma)/', '^packages/platform/src/generated'] },
    ),
    onlyFrom(
      'platform-uses-client-and-kinds',
      'The platform speaks the Kubernetes API only: import @slipway/orchestrator/client or /kinds.',
      { path: '^packages/platform/src', pathNot: '\\.test\\.ts$|/testing/' },
      { path: '^packages/orchestrator/(src|dist)/(?!client|kinds)' },
    ),
    onlyFrom(
      'kernel-below-features',
      'The kernel imports no feature: invert the call with an interface in the kernel.',
      { path: '^packages/platform/src/kernel', pathNot: '\\.test\\.ts$' },
      { path: '^packages/platform/src/(?!kernel|generated)' },
    ),
    onlyFrom(
      'features-meet-at-services',
      "Another feature's door is its .service.ts or .module.ts: ask there.",
      { path: '^packages/platform/src/(?!kernel|generated)([^/]+)/', pathNot: '\\.test\\.ts$|/testing/' },
      {
        path: '^packages/platform/src/(?!kernel|generated)[^/]+/',
        pathNot: ['^packages/platform/src/$1/', '\\.(service|module)\\.ts$'],
      },
    ),
    onlyFrom(
      'kinds-at-the-bottom',
      'kinds/ is data: it imports nothing else of the orchestrator.',
      { path: '^packages/orchestrator/src/kinds' },
      { path: '^packages/orchestrator/src/(?!kinds)' },
    ),
    onlyFrom(
      'store-above-kinds',
      'store/ knows kinds only.',
      { path: '^packages/orchestrator/src/store' },
      { path: '^packages/orchestrator/src/(?!kinds|store)' },
    ),
    onlyFrom(
      'client-above-kinds',
      'client/ knows kinds only.',
      { path: '^packages/orchestrator/src/client' },
      { path: '^packages/orchestrator/src/(?!kinds|client)' },
    ),
    onlyFrom(
      'runtime-above-client',
      'runtime/ knows client and kinds only.',
      { path: '^packages/orchestrator/src/runtime', pathNot: '\\.test\\.ts$' },
      { path: '^packages/orchestrator/src/(?!kinds|client|runtime)' },
    ),
    onlyFrom(
      'controllers-speak-the-api',
      'Controllers, scheduler, node and network reach the store through the client only.',
      { path: '^packages/orchestrator/src/(controllers|scheduler|node|network)', pathNot: '\\.test\\.ts$' },
      { path: '^packages/orchestrator/src/(store|server)' },
    ),
    onlyFrom(
      'sdk-only',
      'The portal and the CLI talk through @slipway/sdk.',
      { path: '^(apps/portal|packages/cli)' },
      { path: '^(packages/(platform|orchestrator)|apps/(api|worker|cluster)|infra)' },
    ),
    onlyFrom(
      'cluster-door',
      'apps/cluster composes packages/orchestrator and nothing else of ours.',
      { path: '^apps/cluster' },
      { path: '^(packages/(platform|sdk|cli)|apps/(api|worker|portal)|infra)' },
    ),
    onlyFrom(
      'nest-doors',
      'apps/api and apps/worker wire packages/platform.',
      { path: '^apps/(api|worker)' },
      { path: '^(packages/(orchestrator|sdk|cli)|apps/(cluster|portal)|infra)' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.next|\\.turbo)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
