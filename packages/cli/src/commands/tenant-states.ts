import { type Command, Option } from 'commander';
import { read, TENANT } from '../api.js';
import { formatAge } from '../format.js';
import { withExamples } from '../help.js';
import { confirm } from '../prompt.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

const moves = {
  cordon: ['cordoned', 'Refuse every change in a tenant; what runs goes on.'],
  suspend: ['suspended', 'Let nothing run in a tenant, and keep all its data.'],
  archive: ['archived', 'Take away what runs in a suspended tenant for good; data and images stay.'],
  activate: ['active', 'Make a cordoned or suspended tenant active again, all as it was.'],
} as const;

interface MoveOptions extends CommonOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

/** The commands under `slipway tenants` that move a tenant between its states. */
export function registerTenantStates(tenants: Command, cli: Cli): void {
  const state = tenants.command('state').description("Show a tenant's state and where it can go.").argument('<name>');
  withScope(state, 'server').action(async (tenant: string, options: CommonOptions) => {
    const { api, out } = await cli.open(options);
    const answer = await read(api.GET(`${TENANT}/state`, { params: { path: { tenant } } }));
    out.object(answer, () => [
      ['state', answer.state],
      ['reason', answer.reason],
      ['for', formatAge(answer.since, cli.io.now())],
      ['can become', answer.next.join(', ')],
      ['operation', answer.operation],
    ]);
  });

  for (const [verb, [to, description]] of Object.entries(moves)) {
    const command = tenants
      .command(verb)
      .description(`${description} (administrators)`)
      .argument('<name>')
      .addOption(new Option('-m, --reason <text>', 'why; who is refused reads it').default('By an administrator.'))
      .option('-y, --yes', 'do not ask');
    withScope(command, 'server').action(async (tenant: string, options: MoveOptions) => {
      const { api, out } = await cli.open(options);
      if (to === 'archived' && !(await confirm(cli.io, `Remove all that runs in '${tenant}' for good?`, options.yes)))
        return;
      const body = { state: to, reason: options.reason, ...(to === 'archived' && { confirm: tenant }) };
      const answer = await read(api.POST(`${TENANT}/state`, { params: { path: { tenant } }, body }));
      out.object(answer, () => [
        ['state', answer.state],
        ['operation', answer.operation],
      ]);
    });
  }
  const example = tenants.commands.find((command) => command.name() === 'suspend');
  if (example) withExamples(example, 'slipway tenants suspend acme --reason "Unpaid since May"');
}
