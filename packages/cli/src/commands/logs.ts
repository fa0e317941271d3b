import { streamEvents } from '@slipway/sdk';
import { type Command } from 'commander';
import { APP_ENVIRONMENT, asEvents } from '../api.js';
import { withExamples } from '../help.js';
import { paint } from '../io.js';
import { parseCount } from '../parse.js';
import { type Cli, type CommonOptions, withScope } from '../session.js';
import type { LogLine } from '../types.js';

interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly process?: string;
  readonly pod?: string;
  readonly tail: number;
  readonly since?: string;
  readonly timestamps?: boolean;
}

export function registerLogs(program: Command, cli: Cli): void {
  const command = program
    .command('logs')
    .description("Show the logs of an application's pods.")
    .option('-f, --follow', 'go on as lines are written')
    .option('--process <name>', 'only this process, web for instance')
    .option('--pod <name>', 'only this pod')
    .option('--tail <lines>', 'lines of each pod to begin with', parseCount, 100)
    .option('--since <duration>', 'only lines younger than this: 30s, 5m, 2h')
    .option('--timestamps', 'print the time of each line');
  withScope(command, 'environment').action((options: LogsOptions) => logs(cli, options));
  withExamples(command, 'slipway logs --app shop -f', 'slipway logs --app shop --process worker --since 10m -o json');
}

async function logs(cli: Cli, options: LogsOptions): Promise<void> {
  const { api, out, environment } = await cli.open(options);
  const { follow, process, pod, tail, since } = options;
  const answer = await api.GET(`${APP_ENVIRONMENT}/logs`, {
    params: {
      path: await environment(),
      query: { follow: follow ? 'true' : undefined, process, pod, tail, since },
    },
    signal: cli.io.signal,
    ...asEvents,
  });
  for await (const event of streamEvents(answer.response)) {
    if (event.event === 'end') return;
    if (event.event !== 'line') continue;
    const line = JSON.parse(event.data) as LogLine;
    // One line of JSON a line of log: a stream has no closing bracket.
    if (options.output !== 'table') out.line(JSON.stringify(line));
    else out.line(`${prefix(cli, line, options)}${line.text}`);
  }
}

function prefix(cli: Cli, line: LogLine, options: LogsOptions): string {
  const parts = [options.timestamps ? line.at : undefined, options.pod ? undefined : line.pod].filter(Boolean);
  return parts.length > 0 ? `${paint(cli.io, 'stdout', 'cyan', parts.join(' '))} ` : '';
}
