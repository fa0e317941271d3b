import { readFile } from 'node:fs/promises';
import type { Schemas } from '@slipway/sdk';
import { type Command, Option } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

type Policy = Schemas['ImagePolicy'];
type Mode = Policy['mode'];
type Rule = Schemas['VulnerabilityRule'];

interface PolicyOptions extends CommonOptions {
  readonly platform?: boolean;
}

interface ExemptOptions extends PolicyOptions {
  readonly reason: string;
  readonly expiresInDays: number;
  readonly weakness?: string;
}

interface RuleOptions extends PolicyOptions {
  readonly mode?: Mode;
  readonly registry?: string[];
  readonly digest?: boolean;
  readonly key?: string[];
  readonly for?: Policy['environmentKinds'];
  readonly description?: string;
  readonly maxSeverity?: Rule['maxSeverity'] | 'off';
  readonly maxCount?: number;
  readonly unreported?: Rule['unreported'];
  readonly onlyFixable?: boolean;
  readonly onlyPlatformReports?: boolean;
}

const POLICIES = `${TENANT}/image-policies` as const;

export function registerPolicies(program: Command, cli: Cli): void {
  const policies = program.command('policies').alias('policy').description('What images may run, and who says so.');
  registerList(policies, cli);
  registerChanges(policies, cli);
  registerExemptions(policies, cli);
  registerCheck(policies, cli);
  registerDryRun(policies, cli);
}

const scoped = (command: Command): Command =>
  withScope(command.option('--platform', 'the policies of the platform, for every tenant'), 'tenant');
const collect = (value: string, before: string[] = []): string[] => [...before, value];

function withRules(command: Command): Command {
  return command
    .addOption(new Option('--mode <mode>', 'what a broken rule does').choices(['audit', 'warn', 'enforce']))
    .option('--registry <pattern>', "allowed registry or part of one ('slipway' is the platform's); repeat it", collect)
    .option('--digest', 'images must be named by their digests')
    .option('--no-digest', 'they need not')
    .option('--key <name=file>', 'public key that must have signed (cosign); repeat it', collect)
    .addOption(
      new Option('--for <kinds...>', 'only these kinds of environments').choices([
        'production',
        'staging',
        'development',
      ]),
    )
    .addOption(
      new Option(
        '--max-severity <severity>',
        'the most severe weakness that passes; off: weaknesses are not asked about',
      ).choices(['none', 'negligible', 'low', 'medium', 'high', 'off']),
    )
    .option('--max-count <count>', 'so many weaknesses above that pass', parseCount)
    .addOption(new Option('--unreported <what>', 'an image that no report is about').choices(['allow', 'refuse']))
    .option('--only-fixable', 'count only weaknesses that a newer version mends')
    .option('--only-platform-reports', 'reports of tenants do not count')
    .option('--description <text>', 'why it is there');
}

async function toBody(options: RuleOptions) {
  const keys = options.key?.map(async (text) => {
    const [name = '', ...rest] = text.split('=');
    if (rest.length === 0) throw usageError(`'${text}' names no file.`, 'Write --key <name>=<file of the public key>.');
    return { name, publicKey: await readFile(rest.join('='), 'utf8') };
  });
  return {
    mode: options.mode,
    registries: options.registry,
    requireDigest: options.digest,
    signatureKeys: keys && (await Promise.all(keys)),
    environmentKinds: options.for,
    description: options.description,
    vulnerabilities: toRule(options),
  };
}

/** Undefined leaves the rule as it is. */
function toRule(options: RuleOptions): Rule | null | undefined {
  const { maxSeverity, maxCount, unreported, onlyFixable, onlyPlatformReports } = options;
  if (maxSeverity === 'off') return null;
  if ([maxSeverity, maxCount, unreported, onlyFixable, onlyPlatformReports].every((one) => one === undefined)) {
    return undefined;
  }
  return {
    maxSeverity: maxSeverity ?? 'high',
    maxCount: maxCount ?? 0,
    unreported: unreported ?? 'allow',
    onlyFixable: onlyFixable ?? false,
    onlyPlatformReports: onlyPlatformReports ?? false,
  };
}

function registerList(policies: Command, cli: Cli): void {
  scoped(policies.command('list').alias('ls').description('List the policies that hold.')).action(
    async (options: PolicyOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = options.platform ? undefined : await tenant();
      const items = await readAll((query) =>
        path
          ? api.GET(POLICIES, { params: { path, query } })
          : api.GET('/api/v1/image-policies', { params: { query } }),
      );
      out.list(items, [
        { header: 'NAME', value: (policy) => policy.name },
        { header: 'OF', value: (policy) => policy.tenant ?? 'platform' },
        { header: 'MODE', value: (policy) => policy.mode },
        { header: 'FOR', value: (policy) => policy.environmentKinds.join(',') || 'all' },
        { header: 'RULES', value: toSentence },
        { header: 'EXEMPTIONS', value: (policy) => String(policy.exemptions.length) },
      ]);
    },
  );

  scoped(policies.command('verdicts').description('List images that broke a policy, newest first.')).action(
    async (options: PolicyOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = options.platform ? undefined : await tenant();
      const items = await readAll(
        (query) =>
          path
            ? api.GET(`${TENANT}/image-verdicts`, { params: { path, query } })
            : api.GET('/api/v1/image-verdicts', { params: { query } }),
        100,
      );
      const now = cli.io.now();
      out.list(items, [
        { header: 'AGE', value: (verdict) => formatAge(verdict.at, now) },
        { header: 'OUTCOME', value: (verdict) => verdict.outcome },
        { header: 'POLICY', value: (verdict) => verdict.policy },
        { header: 'RULE', value: (verdict) => verdict.rule },
        { header: 'IMAGE', value: (verdict) => verdict.image },
        { header: 'BY', value: (verdict) => verdict.actor },
      ]);
    },
  );
}

function registerChanges(policies: Command, cli: Cli): void {
  const create = withRules(policies.command('create').description('Make a policy; it warns until it is enforced.'));
  scoped(create.argument('<name>')).action(async (name: string, options: RuleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const body = { name, ...(await toBody(options)) };
    const policy = options.platform
      ? await read(api.POST('/api/v1/image-policies', { body }))
      : await read(api.POST(POLICIES, { params: { path: await tenant() }, body }));
    out.text(policy, ({ mode }) => `${policy.name} is there (${mode}): ${toSentence(policy)}.`);
  });
  withExamples(
    create,
    'slipway policies create own-images --registry slipway --registry ghcr.io/acme --digest',
    'slipway policies create mended --max-severity high --only-fixable --unreported refuse',
  );

  const update = withRules(policies.command('update').description('Change a policy.'));
  scoped(update.argument('<name>')).action(async (name: string, options: RuleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const body = await toBody(options);
    const policy = options.platform
      ? await read(api.PATCH('/api/v1/image-policies/{policy}', { params: { path: { policy: name } }, body }))
      : await read(
          api.PATCH(`${POLICIES}/{policy}`, { params: { path: { ...(await tenant()), policy: name } }, body }),
        );
    out.text(policy, ({ mode }) => `${policy.name} is changed (${mode}): ${toSentence(policy)}.`);
  });
  withExamples(update, 'slipway policies update own-images --mode enforce');

  scoped(policies.command('delete').alias('rm').description('Delete a policy.').argument('<name>')).action(
    async (name: string, options: PolicyOptions) => {
      const { api, out, tenant } = await cli.open(options);
      if (options.platform) await api.DELETE('/api/v1/image-policies/{policy}', { params: { path: { policy: name } } });
      else await api.DELETE(`${POLICIES}/{policy}`, { params: { path: { ...(await tenant()), policy: name } } });
      out.note(`${name} is deleted.`);
    },
  );
}

function registerExemptions(policies: Command, cli: Cli): void {
  const exempt = policies
    .command('exempt')
    .description('Let an image pass a policy for a time.')
    .argument('<name>')
    .argument('[image]', 'image, or a pattern as of --registry', '*')
    .option(
      '--weakness <id>',
      'only this weakness does not count, e.g. CVE-2026-1234; else no rule of the policy holds',
    )
    .requiredOption('--reason <text>', 'why; it stands in the audit log')
    .option('--expires-in-days <days>', 'its life', parseCount, 30);
  scoped(exempt).action(async (name: string, image: string, options: ExemptOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { reason, expiresInDays, weakness: vulnerability } = options;
    if (image === '*' && !vulnerability)
      throw usageError('That would exempt every image.', 'Name an image, or a --weakness.');
    const policy = options.platform
      ? await read(
          api.POST('/api/v1/image-policies/{policy}/exemptions', {
            params: { path: { policy: name } },
            body: { image, vulnerability, reason, expiresInDays, tenant: options.tenant },
          }),
        )
      : await read(
          api.POST(`${POLICIES}/{policy}/exemptions`, {
            params: { path: { ...(await tenant()), policy: name } },
            body: { image, vulnerability, reason, expiresInDays },
          }),
        );
    out.text(policy, () =>
      vulnerability
        ? `${vulnerability} does not count in ${name} for ${expiresInDays} days.`
        : `${image} passes ${name} for ${expiresInDays} days.`,
    );
  });
  withExamples(
    exempt,
    "slipway policies exempt own-images docker.io/library/busybox --reason 'debugging' --expires-in-days 2",
    "slipway policies exempt mended --weakness CVE-2026-1234 --reason 'not reachable here' --expires-in-days 14",
  );
}

function registerCheck(policies: Command, cli: Cli): void {
  const check = policies
    .command('check')
    .description('Say what the policies would say of an image.')
    .argument('<image>')
    .addOption(new Option('--for <kind>', 'kind of the environment').choices(['production', 'staging', 'development']));
  withScope(check, 'tenant').action(
    async (image: string, options: CommonOptions & { for?: 'production' | 'staging' | 'development' }) => {
      const { api, out, tenant } = await cli.open(options);
      const answer = await read(
        api.POST(`${TENANT}/image-checks`, {
          params: { path: await tenant() },
          body: { image, environmentKind: options.for },
        }),
      );
      out.text(answer, ({ isAllowed, verdicts }) =>
        [
          `${image} ${isAllowed ? 'may run' : 'is refused'}.`,
          ...verdicts.map(({ policy, mode, message, remedy }) => `${policy} (${mode}): ${message} ${remedy}`),
        ].join('\n'),
      );
    },
  );
}

function registerDryRun(policies: Command, cli: Cli): void {
  const dryRun = withRules(
    policies
      .command('dry-run')
      .description('Say which images that run now these rules would refuse; nothing is changed.'),
  );
  scoped(dryRun).action(async (options: RuleOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { mode: _mode, ...body } = await toBody(options);
    const answer = options.platform
      ? await read(api.POST('/api/v1/image-policies/dry-runs', { body }))
      : await read(api.POST(`${POLICIES}/dry-runs`, { params: { path: await tenant() }, body }));
    out.list(answer.items, [
      { header: 'APPLICATION', value: (one) => `${one.tenant}/${one.project}/${one.application}` },
      { header: 'ENVIRONMENT', value: (one) => one.environment },
      { header: 'RELEASE', value: (one) => one.release },
      { header: 'WHY', value: (one) => one.reasons.map(({ message }) => message).join(' ') },
    ]);
    out.note(`${answer.items.length} would be refused, ${answer.passed} would pass.`);
  });
  withExamples(dryRun, 'slipway policies dry-run --max-severity high --unreported refuse');
}

function toSentence({ registries, requireDigest, signatureKeys, vulnerabilities }: Policy): string {
  const rules = [
    ...(registries.length > 0 ? [`from ${registries.join(' or ')}`] : []),
    ...(requireDigest ? ['by digest'] : []),
    ...(signatureKeys.length > 0 ? [`signed by ${signatureKeys.map(({ name }) => name).join(' or ')}`] : []),
    ...(vulnerabilities ? [toBound(vulnerabilities)] : []),
  ];
  return `images ${rules.join(', ')}`;
}

function toBound({ maxSeverity, maxCount, unreported }: Rule): string {
  const bound = maxSeverity === 'none' ? 'weaknesses' : `weaknesses above ${maxSeverity}`;
  return `${maxCount === 0 ? `without ${bound}` : `with at most ${maxCount} ${bound}`}${unreported === 'refuse' ? ', reported on' : ''}`;
}
