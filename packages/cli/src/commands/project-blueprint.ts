import type { Command } from 'commander';
import { PROJECT, read } from '../api.js';
import { usageError } from '../errors.js';
import { withExamples } from '../help.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { BlueprintChange } from '../types.js';

interface BlueprintOptions extends CommonOptions {
  readonly to?: number;
  readonly apply?: boolean;
  readonly remove?: readonly string[];
  readonly overwrite?: readonly string[];
}

/** `slipway projects blueprint`: a project beside the blueprint that it was made from. */
export function registerProjectBlueprint(projects: Command, cli: Cli): void {
  const command = projects
    .command('blueprint')
    .description('Show what a newer version of its blueprint would change in a project, or with --apply make it so.')
    .argument('<name>')
    .option('--to <version>', 'without it, the newest', parseCount)
    .option('--apply', 'add and change; nothing goes, and nothing of your own is overwritten, unless it is named')
    .option('--remove <paths...>', 'take away what the blueprint gives no more')
    .option('--overwrite <paths...>', "replace what the project has changed itself with the blueprint's");
  withScope(command, 'tenant').action(async (project: string, options: BlueprintOptions) => {
    const { to: version, apply = false, remove = [], overwrite = [] } = options;
    if (!apply && remove.length + overwrite.length > 0)
      throw usageError('--remove and --overwrite say how to apply a version.', 'Add --apply.');
    const { api, out, tenant } = await cli.open(options);
    const path = { ...(await tenant()), project };
    if (apply) {
      const body = { version, remove: [...remove], overwrite: [...overwrite] };
      const done = await read(api.POST(`${PROJECT}/blueprint/apply`, { params: { path }, body }));
      return out.text(done, ({ blueprint, madeFrom, applied, kept }) =>
        [
          `${project} has version ${madeFrom} of ${blueprint}.`,
          ...part('Done', applied),
          ...part('Left as it is', kept),
        ].join('\n'),
      );
    }
    const plan = await read(api.GET(`${PROJECT}/blueprint`, { params: { path, query: { version } } }));
    out.text(plan, ({ blueprint, isGone, madeFrom, target, changes }) => {
      if (blueprint === null || isGone) return `The blueprint of ${project} is there no more.`;
      const from = `${project} was made from version ${madeFrom ?? '?'} of ${blueprint}.`;
      return [
        from,
        ...(changes.length === 0 ? [`Version ${target} changes nothing.`] : part(`Version ${target}`, changes)),
      ].join('\n');
    });
  });
  withExamples(
    command,
    'slipway projects blueprint shop -t acme',
    'slipway projects blueprint shop --apply --remove config.OLD_FLAG -t acme',
  );
}

const part = (title: string, changes: readonly BlueprintChange[]): string[] =>
  changes.length === 0 ? [] : [`${title}:`, ...changes.map((change) => `  ${toLine(change)}`)];

const signs = { add: '+', change: '~', remove: '-' } as const;

/** `~ limits.pods: 5 → 9 (changed by the project)`. */
function toLine({ change, path, from, to, isOwn, blocked }: BlueprintChange): string {
  const values = change === 'add' ? to : change === 'remove' ? from : `${from} → ${to}`;
  const notes = [isOwn ? 'changed by the project' : '', blocked ?? ''].filter(Boolean).join(', ');
  return `${signs[change]} ${path}: ${values}${notes && ` (${notes})`}`;
}
