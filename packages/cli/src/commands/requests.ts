import { Argument, type Command, Option } from 'commander';
import { read, readAll } from '../api.js';
import { usageError } from '../errors.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { parseAssignments, parseCount, parseDuration } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { ApprovalRequest } from '../types.js';

const kinds = ['tenant', 'quota', 'access', 'release', 'exec', 'secret-reveal', 'pod-security'] as const;
const states = ['pending', 'approved', 'rejected', 'withdrawn', 'expired', 'ended'] as const;
const views = ['mine', 'to-decide', 'to-review', 'all'] as const;

interface ListOptions extends CommonOptions {
  readonly view: (typeof views)[number];
  readonly kind?: ApprovalRequest['kind'];
  readonly state?: ApprovalRequest['state'];
  readonly limit: number;
}

interface CreateOptions extends CommonOptions {
  readonly reason: string;
  readonly for?: number;
  readonly payload?: string;
  readonly breakGlass?: boolean;
}

export function registerRequests(program: Command, cli: Cli): void {
  const requests = program
    .command('requests')
    .alias('request')
    .description('Ask for what needs consent; decide what others ask.');
  registerList(requests, cli);
  registerCreate(requests, cli);

  withScope(requests.command('show').description('Show a request whole.').argument('<id>'), 'server').action(
    async (id: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      out.object(await read(api.GET('/api/v1/requests/{id}', { params: { path: { id } } })), toFields);
    },
  );

  for (const [verb, description] of [
    ['approve', 'Approve a request.'],
    ['reject', 'Reject a request.'],
    ['withdraw', 'Withdraw your request.'],
    ['end', 'Take a grant back, or give yours back.'],
  ] as const) {
    const command = requests.command(verb).description(description).argument('<id>').option('-m, --comment <text>');
    withScope(command, 'server').action(async (id: string, options: CommonOptions & { comment?: string }) => {
      const { api, out } = await cli.open(options);
      const body = { comment: options.comment };
      const params = { path: { id } };
      out.object(await read(api.POST(`/api/v1/requests/{id}/${verb}`, { params, body })), toFields);
    });
  }

  const comment = requests.command('comment').description('Say something about a request.');
  withScope(comment.argument('<id>').argument('<text>'), 'server').action(
    async (id: string, text: string, options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const params = { path: { id } };
      out.object(await read(api.POST('/api/v1/requests/{id}/comments', { params, body: { comment: text } })), toFields);
    },
  );

  const review = requests
    .command('review')
    .description('Give the verdict over a broken glass.')
    .argument('<id>')
    .addOption(new Option('--verdict <verdict>').choices(['justified', 'unjustified']).makeOptionMandatory())
    .requiredOption('-m, --comment <text>', 'why');
  withScope(review, 'server').action(
    async (id: string, options: CommonOptions & { verdict: 'justified' | 'unjustified'; comment: string }) => {
      const { api, out } = await cli.open(options);
      const body = { verdict: options.verdict, comment: options.comment };
      out.object(await read(api.POST('/api/v1/requests/{id}/review', { params: { path: { id } }, body })), toFields);
    },
  );
}

function registerList(requests: Command, cli: Cli): void {
  const list = requests
    .command('list', { isDefault: true })
    .alias('ls')
    .description('List requests, newest first.')
    .addOption(new Option('--view <view>', 'whose').choices(views).default('all'))
    .addOption(new Option('--kind <kind>').choices(kinds))
    .addOption(new Option('--state <state>').choices(states))
    .option('-t, --tenant <name>', 'only of this tenant')
    .option('--limit <number>', 'at most so many', parseCount, 50);
  withScope(list, 'server').action(async (options: ListOptions) => {
    const { api, out } = await cli.open(options);
    const now = cli.io.now();
    const { view, kind, state, tenant, limit } = options;
    const filter = { view, kind, state, tenant };
    const found = await readAll(
      (page) => api.GET('/api/v1/requests', { params: { query: { ...filter, ...page } } }),
      limit,
    );
    out.list(found, [
      { header: 'ID', value: (request) => request.id },
      { header: 'KIND', value: (request) => request.kind },
      { header: 'STATE', value: toState },
      { header: 'TITLE', value: (request) => request.title },
      { header: 'TENANT', value: (request) => request.tenant },
      { header: 'BY', value: (request) => request.requester },
      { header: 'AGE', value: (request) => formatAge(request.createdAt, now) },
    ]);
  });
  withExamples(list, 'slipway requests --view to-decide', 'slipway requests list --kind quota --state pending -o json');
}

function registerCreate(requests: Command, cli: Cli): void {
  const create = requests
    .command('create')
    .alias('ask')
    .description('Ask for something that needs consent.')
    .addArgument(new Argument('<kind>').choices(kinds))
    .argument('[fields...]', "the payload's fields, as KEY=value")
    .requiredOption('--reason <text>', 'why you need it')
    .option('--for <duration>', 'how long you need it, e.g. 2h or 7d', parseDuration)
    .option('--payload <json>', 'the payload as JSON, instead of fields')
    .option('--break-glass', 'take it now for a short time, to be reviewed');
  withScope(create, 'server').action(
    async (kind: ApprovalRequest['kind'], fields: string[], options: CreateOptions) => {
      const { api, out } = await cli.open(options);
      const payload = options.payload === undefined ? parseAssignments(fields) : parseObject(options.payload);
      const { reason, for: grantSeconds, breakGlass = false } = options;
      const body = { kind, payload, reason, grantSeconds, breakGlass };
      const request = await read(api.POST('/api/v1/requests', { body }));
      out.object(request, toFields);
      if (request.state === 'pending') out.note('It waits for its approvers.');
    },
  );
  withExamples(
    create,
    'slipway requests create access tenant=acme role=developer --reason "I join the team" --for 30d',
    'slipway requests create exec tenant=acme project=shop environment=production --reason "stuck queue" --for 1h',
    'slipway requests create exec tenant=acme project=shop environment=production --reason "site down" --break-glass',
  );
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw usageError('--payload is not a JSON object.', 'Write it like \'{"tenant":"acme"}\'.');
}

const toState = ({ state, review, isBreakGlass }: ApprovalRequest): string =>
  isBreakGlass ? `${state}, break-glass ${review ?? ''}` : state;

function toFields(request: ApprovalRequest) {
  const { approvals, approvalsNeeded, decisions, changes } = request;
  return [
    ['ID', request.id],
    ['Kind', request.kind],
    ['State', toState(request)],
    ['Title', request.title],
    ['By', request.requester],
    ['Reason', request.reason],
    ['Tenant', request.tenant],
    ['Approvals', approvalsNeeded === null ? undefined : `${approvals} of ${approvalsNeeded}`],
    ['Until', request.endsAt],
    ['Expires', request.state === 'pending' ? request.expiresAt : undefined],
    ['URL', request.url],
    ...changes.map(({ path, before, after }) => ['Change', `${path}: ${before ?? '-'} → ${after ?? '-'}`] as const),
    ...decisions.map(({ createdAt, actor, onBehalfOf, verb, verdict, comment }) => {
      const who = onBehalfOf ? `${actor} for ${onBehalfOf}` : actor;
      return ['Decision', [createdAt, who, verb, verdict, comment].filter(Boolean).join(' ')] as const;
    }),
  ] as const;
}
