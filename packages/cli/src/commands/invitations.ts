import { type Command, Option } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

const roles = ['owner', 'admin', 'developer', 'operator', 'viewer'] as const;

interface InviteOptions extends CommonOptions {
  readonly role: (typeof roles)[number];
  readonly only?: string;
  readonly message?: string;
  readonly days: string;
}

export function registerInvitations(program: Command, cli: Cli): void {
  const invitations = program
    .command('invitations')
    .alias('invitation')
    .description('Invite people to a tenant or project by mail.');

  withScope(invitations.command('list').alias('ls').description('List the invitations.'), 'tenant').action(
    async (options: CommonOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = await tenant();
      out.list(
        await readAll((query) => api.GET(`${TENANT}/invitations`, { params: { path, query } })),
        [
          { header: 'ID', value: (invitation) => invitation.id },
          { header: 'EMAIL', value: (invitation) => invitation.email },
          { header: 'ROLE', value: (invitation) => invitation.role },
          { header: 'PROJECT', value: (invitation) => invitation.project },
          { header: 'STATE', value: (invitation) => invitation.state },
          { header: 'SENT', value: (invitation) => formatAge(invitation.sentAt, cli.io.now()) },
        ],
        'Nobody is invited.',
      );
    },
  );

  const create = invitations
    .command('create')
    .description('Invite an address; the link is mailed, and shown this once.')
    .argument('<email>')
    .addOption(new Option('--role <role>').choices(roles).default('developer'))
    .option('--only <project>', 'only this project')
    .option('-m, --message <text>')
    .option('--days <number>', 'how long the link is good', '7');
  withScope(create, 'tenant').action(async (email: string, options: InviteOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { role, only: project, message = '', days } = options;
    const body = { email, role, project, message, expiresInDays: Number(days) };
    const sent = await read(api.POST(`${TENANT}/invitations`, { params: { path: await tenant() }, body }));
    out.object(sent, () => toFields(sent));
  });
  withExamples(create, 'slipway invitations create ada@example.com --role developer -t acme');

  const resend = invitations.command('resend').description('Send it again, with a new link.').argument('<id>');
  withScope(resend, 'tenant').action(async (invitation: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), invitation };
    const sent = await read(api.POST(`${TENANT}/invitations/{invitation}/resend`, { params: { path } }));
    out.object(sent, () => toFields(sent));
  });

  const revoke = invitations.command('revoke').description('Take an invitation back.').argument('<id>');
  withScope(revoke, 'tenant').action(async (invitation: string, options: CommonOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), invitation };
    await api.DELETE(`${TENANT}/invitations/{invitation}`, { params: { path } });
    out.note('The invitation is taken back.');
  });

  const accept = invitations
    .command('accept')
    .description('Join by the link of an invitation, as who is signed in.')
    .argument('<link>', 'the link, or what follows its #');
  withScope(accept, 'server').action(async (link: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    const body = { token: link.slice(link.indexOf('#') + 1) };
    const joined = await read(api.POST('/api/v1/invitations/accept', { body }));
    out.note(`You have joined ${joined.tenant} as ${joined.role}.`);
  });
}

function toFields(sent: { id: string; email: string; role: string; expiresAt: string; link: string }) {
  return [
    ['id', sent.id],
    ['email', sent.email],
    ['role', sent.role],
    ['expires', sent.expiresAt],
    ['link', sent.link],
  ] as const;
}
