import { type Command, Option } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { withExamples } from '../help.js';
import { parseCondition, parseCount, parseDuration } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { ApprovalPolicy } from '../types.js';

const kinds = ['tenant', 'quota', 'access', 'release', 'exec', 'secret-reveal', 'pod-security'] as const;
const environmentKinds = ['production', 'staging', 'development'] as const;

interface PolicyOptions extends CommonOptions {
  readonly platform?: boolean;
  readonly approvals?: number;
  readonly priority?: number;
  readonly when?: string[];
  readonly environmentKind?: ApprovalPolicy['environmentKinds'];
  readonly scope?: 'platform' | 'tenant' | 'project';
  readonly permission?: string;
  readonly role?: string[];
  readonly group?: string[];
  readonly user?: string[];
  readonly expiresAfter?: number;
  readonly maxGrant?: number;
}

export function registerApprovalPolicies(program: Command, cli: Cli): void {
  const policies = program
    .command('approval-policies')
    .alias('approval-policy')
    .description('Who must consent to what: of a tenant, or with --platform of the platform.');

  const list = policies.command('list', { isDefault: true }).alias('ls').description('List the policies.');
  withScope(ofPlatform(list), 'tenant').action(async (options: PolicyOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = options.platform ? undefined : await tenant();
    const found = path
      ? await readAll((query) => api.GET(`${TENANT}/approval-policies`, { params: { path, query } }))
      : await readAll((query) => api.GET('/api/v1/approval-policies', { params: { query } }));
    out.list(found, [
      { header: 'NAME', value: (policy) => policy.name },
      { header: 'KIND', value: (policy) => policy.kind },
      { header: 'PRIORITY', value: (policy) => policy.priority },
      { header: 'WHEN', value: toWhen },
      { header: 'THEN', value: toThen },
    ]);
  });

  const create = withTerms(policies.command('create').description('Create a policy.').argument('<name>'));
  create.addOption(new Option('--kind <kind>', 'of requests').choices(kinds).makeOptionMandatory());
  withScope(create, 'tenant').action(
    async (name: string, options: PolicyOptions & { kind: ApprovalPolicy['kind'] }) => {
      const { api, out, tenant } = await cli.open(options);
      const body = { name, kind: options.kind, ...toTerms(options) };
      const path = options.platform ? undefined : await tenant();
      const policy = path
        ? await read(api.POST(`${TENANT}/approval-policies`, { params: { path }, body }))
        : await read(api.POST('/api/v1/approval-policies', { body }));
      out.object(policy, toFields);
    },
  );
  withExamples(
    create,
    "slipway approval-policies create small --platform --kind quota --when 'cpu<=4' --approvals 0",
    'slipway approval-policies create shells --kind exec --environment-kind production --approvals 2 --max-grant 2h',
  );

  const set = withTerms(policies.command('set').description('Change a policy.').argument('<name>'));
  withScope(set, 'tenant').action(async (policy: string, options: PolicyOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const body = toTerms(options);
    const path = options.platform ? undefined : await tenant();
    const changed = path
      ? await read(api.PATCH(`${TENANT}/approval-policies/{policy}`, { params: { path: { ...path, policy } }, body }))
      : await read(api.PATCH('/api/v1/approval-policies/{policy}', { params: { path: { policy } }, body }));
    out.object(changed, toFields);
  });

  const remove = policies.command('delete').alias('rm').description('Delete a policy.').argument('<name>');
  withScope(ofPlatform(remove), 'tenant').action(async (policy: string, options: PolicyOptions) => {
    const { api, out, tenant } = await cli.open(options);
    if (options.platform) await api.DELETE('/api/v1/approval-policies/{policy}', { params: { path: { policy } } });
    else
      await api.DELETE(`${TENANT}/approval-policies/{policy}`, { params: { path: { ...(await tenant()), policy } } });
    out.note(`The policy ${policy} is deleted; requests that wait keep its terms.`);
  });
}

const ofPlatform = (command: Command): Command => command.option('--platform', "the platform's own");

function withTerms(command: Command): Command {
  return ofPlatform(command)
    .option('--approvals <number>', 'how many must approve; 0: granted at once', parseCount)
    .option('--priority <number>', 'the lowest that matches counts', parseCount)
    .option('--when <conditions...>', 'path<=amount, path>=amount, path=value or path=a|b; all must hold')
    .addOption(new Option('--environment-kind <kinds...>', 'only there').choices(environmentKinds))
    .addOption(
      new Option('--scope <scope>', "where approvers' rights are looked for").choices([
        'platform',
        'tenant',
        'project',
      ]),
    )
    .option('--permission <permission>', 'whoever has it approves')
    .option('--role <roles...>', 'whoever has one of these roles approves')
    .option('--group <groups...>', 'members of these groups approve')
    .option('--user <users...>', 'these users approve')
    .option('--expires-after <duration>', 'undecided for so long, a request expires', parseDuration)
    .option('--max-grant <duration>', 'the longest a grant lasts', parseDuration);
}

function toTerms(options: PolicyOptions) {
  const { scope, permission, role, group, user } = options;
  const isSaid = [scope, permission, role, group, user].some((value) => value !== undefined);
  return {
    approvalsNeeded: options.approvals,
    priority: options.priority,
    conditions: options.when?.map(parseCondition),
    environmentKinds: options.environmentKind,
    approvers: isSaid
      ? { scope, permission: permission ?? null, roles: role ?? [], groups: group ?? [], users: user ?? [] }
      : undefined,
    expiresAfterSeconds: options.expiresAfter,
    maxGrantSeconds: options.maxGrant,
  };
}

function toWhen({ conditions, environmentKinds }: ApprovalPolicy): string {
  const texts = conditions.map(({ path, equals, oneOf, atMost, atLeast }) =>
    [
      equals === undefined ? '' : `${path}=${equals}`,
      oneOf ? `${path}=${oneOf.join('|')}` : '',
      atMost === undefined ? '' : `${path}<=${atMost}`,
      atLeast === undefined ? '' : `${path}>=${atLeast}`,
    ]
      .filter(Boolean)
      .join(' '),
  );
  return (
    [...texts, environmentKinds.length > 0 ? `in ${environmentKinds.join(', ')}` : ''].filter(Boolean).join('; ') ||
    'always'
  );
}

function toThen({ approvalsNeeded, approvers }: ApprovalPolicy): string {
  if (approvalsNeeded === 0) return 'granted at once';
  const { permission, roles, groups, users } = approvers;
  const who = [permission, ...roles, ...groups.map((group) => `group ${group}`), ...users].filter(Boolean).join(', ');
  return `${approvalsNeeded} of ${who}`;
}

function toFields(policy: ApprovalPolicy) {
  return [
    ['Name', policy.name],
    ['Kind', policy.kind],
    ['Priority', policy.priority],
    ['When', toWhen(policy)],
    ['Then', toThen(policy)],
    ['Expires after', `${policy.expiresAfterSeconds}s`],
    ['Longest grant', policy.maxGrantSeconds === null ? undefined : `${policy.maxGrantSeconds}s`],
  ] as const;
}
