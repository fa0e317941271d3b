import type { Command } from 'commander';
import { read, readAll, TENANT } from '../api.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';

interface PlaceOptions extends CommonOptions {
  readonly all?: boolean;
}

interface CreateOptions extends PlaceOptions {
  readonly preset?: string;
  readonly description?: string;
  readonly actor?: string;
  readonly action?: string[];
  readonly resource?: string;
  readonly outcome?: 'success' | 'denied' | 'failed';
  readonly source?: string;
  readonly onlyTenant?: string;
  readonly threshold?: number;
  readonly windowSeconds?: number;
  readonly groupBy?: 'actor' | 'source' | 'resource';
  readonly severity?: 'info' | 'warning' | 'critical';
  readonly webhook?: string;
  readonly quietSeconds?: number;
}

/** `audit rules` and `audit alerts`. */
export function registerAuditRules(audit: Command, cli: Cli): void {
  const rules = audit.command('rules').description('Who hears of which rows of the audit log.');
  const place = (command: Command) => withScope(command.option('--all', "the platform's rules"), 'tenant');

  place(rules.command('list', { isDefault: true }).alias('ls').description('List the rules.')).action(
    async (options: PlaceOptions) => {
      const { api, out, tenant } = await cli.open(options);
      const path = options.all ? undefined : await tenant();
      const found = path
        ? await readAll((query) => api.GET(`${TENANT}/audit-rules`, { params: { path, query } }))
        : await readAll((query) => api.GET('/api/v1/audit-rules', { params: { query } }));
      out.list(found, [
        { header: 'NAME', value: (rule) => rule.name },
        { header: 'SEVERITY', value: (rule) => rule.severity },
        { header: 'ON', value: (rule) => (rule.isEnabled ? 'yes' : 'no') },
        { header: 'FILTER', value: (rule) => JSON.stringify(rule.filter) },
        {
          header: 'TIMES',
          value: (rule) => (rule.threshold > 1 ? `${rule.threshold} in ${rule.windowSeconds} s` : '1'),
        },
        { header: 'TO', value: (rule) => rule.channels.join(' ') },
      ]);
    },
  );

  withScope(rules.command('presets').description('List the rules that most want.'), 'server').action(
    async (options: CommonOptions) => {
      const { api, out } = await cli.open(options);
      const { items } = await read(api.GET('/api/v1/audit-rule-presets'));
      out.list(items, [
        { header: 'PRESET', value: (preset) => preset.name },
        { header: 'SEVERITY', value: (preset) => preset.severity },
        { header: 'OF', value: (preset) => (preset.of === 'all' ? 'platform, tenant' : 'platform') },
        { header: 'DESCRIPTION', value: (preset) => preset.description },
      ]);
    },
  );

  const create = rules
    .command('create')
    .description('Make a rule. With a webhook, its secret is printed once.')
    .argument('<name>')
    .option('--preset <name>', "takes what is not given from this one of 'audit rules presets'")
    .option('--description <text>')
    .option('--actor <name>', 'only what this user or robot did')
    .option('--action <action...>', 'only these actions; project.* takes all of a kind')
    .option('--resource <path>', 'only this path and what is under it')
    .option('--outcome <outcome>', 'success, denied or failed')
    .option('--source <address>', 'only from this address')
    .option('--only-tenant <name>', "of a rule of the platform: only this tenant's rows; - for the platform's own")
    .option('--threshold <number>', 'so many rows make an alert', parseCount)
    .option('--window-seconds <seconds>', 'within this time', parseCount)
    .option('--group-by <field>', 'count apart by actor, source or resource')
    .option('--severity <severity>', 'info, warning or critical')
    .option('--webhook <url>', 'calls this, besides the bell and mail')
    .option('--quiet-seconds <seconds>', 'then only counts for so long', parseCount);
  place(create).action(async (name: string, options: CreateOptions) => {
    const { api, out, tenant } = await cli.open(options);
    const { actor, action: actions, resource, outcome, source, onlyTenant, webhook } = options;
    const given = { actor, actions, resource, outcome, source, tenant: onlyTenant };
    const { preset, description, threshold, windowSeconds, groupBy, severity, quietSeconds } = options;
    const body = {
      name,
      ...{ preset, description, threshold, windowSeconds, groupBy, severity, quietSeconds },
      ...(Object.values(given).some((value) => value !== undefined) && { filter: given }),
      ...(webhook && { webhookUrl: webhook, channels: ['bell' as const, 'mail' as const, 'webhook' as const] }),
    };
    const path = options.all ? undefined : await tenant();
    const rule = path
      ? await read(api.POST(`${TENANT}/audit-rules`, { params: { path }, body }))
      : await read(api.POST('/api/v1/audit-rules', { body }));
    out.text(rule, (made) => made.webhookSecret ?? made.name);
    if (rule.webhookSecret) out.note('The secret that its calls are signed with cannot be shown again.');
  });
  withExamples(
    create,
    'slipway audit rules create glass --preset break-glass --all',
    'slipway audit rules create deletes --tenant acme --action project.delete application.delete --severity critical',
  );

  place(rules.command('delete').alias('rm').description('Delete a rule, with its alerts.').argument('<name>')).action(
    async (rule: string, options: PlaceOptions) => {
      const { api, out, tenant } = await cli.open(options);
      if (options.all) await read(api.DELETE('/api/v1/audit-rules/{rule}', { params: { path: { rule } } }));
      else await read(api.DELETE(`${TENANT}/audit-rules/{rule}`, { params: { path: { ...(await tenant()), rule } } }));
      out.note(`Deleted the rule ${rule}.`);
    },
  );

  place(
    audit
      .command('alerts')
      .description('What the rules found, newest first.')
      .option('--limit <number>', 'at most so many', parseCount, 50),
  ).action(async (options: PlaceOptions & { limit: number }) => {
    const { api, out, tenant } = await cli.open(options);
    const path = options.all ? undefined : await tenant();
    const found = path
      ? await readAll((query) => api.GET(`${TENANT}/audit-alerts`, { params: { path, query } }), options.limit)
      : await readAll((query) => api.GET('/api/v1/audit-alerts', { params: { query } }), options.limit);
    out.list(found, [
      { header: 'AT', value: (alert) => alert.at },
      { header: 'SEVERITY', value: (alert) => alert.severity },
      { header: 'RULE', value: (alert) => alert.rule },
      { header: 'ACTOR', value: (alert) => alert.event.actor },
      { header: 'ACTION', value: (alert) => alert.event.action },
      { header: 'RESOURCE', value: (alert) => alert.event.resource },
      { header: 'ROWS', value: (alert) => alert.count },
      { header: 'WEBHOOK', value: (alert) => (alert.webhook === 'none' ? undefined : alert.webhook) },
    ]);
  });
}
