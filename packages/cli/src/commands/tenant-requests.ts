import type { Command } from 'commander';
import { read } from '../api.js';
import { withExamples } from '../help.js';
import { parseAssignments } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface AskOptions extends CommonOptions {
  readonly purpose: string;
  readonly displayName?: string;
  readonly owner?: string;
  readonly costCentre?: string;
  readonly member: string[];
  readonly limit: string[];
  readonly first: string[];
}

const collect = (value: string, before: string[]): string[] => [...before, value];

/** `slipway tenants request` and `slipway tenants setup`: how somebody comes to a tenant of his own. */
export function registerTenantRequests(tenants: Command, cli: Cli): void {
  const ask = tenants
    .command('request')
    .description('Ask for a tenant; approvers decide, and the platform sets it up.')
    .argument('<name>', 'a DNS label; kept for you while the request waits')
    .requiredOption('--purpose <text>', 'what it is for')
    .option('--display-name <text>')
    .option('--owner <username>', 'its first owner; without it, you')
    .option('--cost-centre <text>')
    .option('--member <username=role>', 'repeatable', collect, [])
    .option('--limit <resource=amount>', 'a limit you wish; repeatable', collect, [])
    .option('--first <project[=blueprint]>', 'a first project; repeatable', collect, []);
  withScope(ask, 'server').action(async (name: string, options: AskOptions) => {
    const { api, out } = await cli.open(options);
    const { purpose, displayName, owner, costCentre } = options;
    const members = Object.entries(parseAssignments(options.member)).map(([username, role]) => ({ username, role }));
    const projects = options.first.map((text) => {
      const [project = '', blueprint] = text.split('=');
      return blueprint ? { name: project, blueprint } : { name: project };
    });
    const limits = parseAssignments(options.limit);
    const payload = { name, purpose, displayName, owner, costCentre, members, projects, limits };
    const body = { kind: 'tenant' as const, payload, reason: purpose, breakGlass: false };
    const request = await read(api.POST('/api/v1/requests', { body }));
    out.object(request, () => [
      ['request', request.id],
      ['state', request.state],
    ]);
    out.note(`'slipway tenants setup ${request.id}' shows how far it is.`);
  });
  withExamples(
    ask,
    'slipway tenants request acme --purpose "The web shop" --member bob=developer --first shop=web-team --limit pods=20',
  );

  const setup = tenants
    .command('setup')
    .description('Show how far a tenant that you asked for is set up.')
    .argument('<request>', 'the id of the request');
  withScope(setup, 'server').action(async (id: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    const answer = await read(api.GET('/api/v1/requests/{id}/setup', { params: { path: { id } } }));
    out.object(answer, () => [
      ['tenant', answer.tenant],
      ['state', answer.isReversing ? `${answer.state}, taken back` : answer.state],
      ['error', answer.error],
      ...answer.steps.map((step) => [step.name, step.message ? `${step.state}: ${step.message}` : step.state] as const),
    ]);
  });
}
