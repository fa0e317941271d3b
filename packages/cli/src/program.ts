import { Command } from 'commander';
import { registerAccess } from './commands/access.js';
import { registerApprovalPolicies } from './commands/approval-policies.js';
import { registerApps } from './commands/apps.js';
import { registerAudit } from './commands/audit.js';
import { registerBlueprints } from './commands/blueprints.js';
import { registerBuilds } from './commands/builds.js';
import { registerClusters } from './commands/clusters.js';
import { registerCompletion } from './commands/completion.js';
import { registerConfig } from './commands/config.js';
import { registerContext } from './commands/context.js';
import { registerDelegations } from './commands/delegations.js';
import { registerDeploy } from './commands/deploy.js';
import { registerDomains } from './commands/domains.js';
import { registerDrift } from './commands/drift.js';
import { registerEnvironments } from './commands/environments.js';
import { registerFreezes } from './commands/freezes.js';
import { registerGroups } from './commands/groups.js';
import { registerIdentity } from './commands/identity.js';
import { registerImages } from './commands/images.js';
import { registerInvitations } from './commands/invitations.js';
import { registerKeys } from './commands/keys.js';
import { registerKubeconfig } from './commands/kubeconfig.js';
import { registerLogin } from './commands/login.js';
import { registerLogout } from './commands/logout.js';
import { registerLogs } from './commands/logs.js';
import { registerMembers } from './commands/members.js';
import { registerNamespaces } from './commands/namespaces.js';
import { registerNetwork } from './commands/network.js';
import { registerOpen } from './commands/open.js';
import { registerPlan } from './commands/plan.js';
import { registerPods } from './commands/pods.js';
import { registerPolicies } from './commands/policies.js';
import { registerProjects } from './commands/projects.js';
import { registerPromote } from './commands/promote.js';
import { registerQuota } from './commands/quota.js';
import { registerReleases } from './commands/releases.js';
import { registerRepositories } from './commands/repositories.js';
import { registerRequests } from './commands/requests.js';
import { registerRobots } from './commands/robots.js';
import { registerRoles } from './commands/roles.js';
import { registerRollback } from './commands/rollback.js';
import { registerRollouts } from './commands/rollouts.js';
import { registerScale } from './commands/scale.js';
import { registerSessions } from './commands/sessions.js';
import { registerStatus } from './commands/status.js';
import { registerStrategy } from './commands/strategy.js';
import { registerTenants } from './commands/tenants.js';
import { registerTokens } from './commands/tokens.js';
import { registerTrains } from './commands/trains.js';
import { registerUsers } from './commands/users.js';
import { registerWhoami } from './commands/whoami.js';
import type { Io } from './io.js';
import { createCli } from './session.js';
import { version } from './version.js';

/** The table of contents: each command registers itself, in the order of the help. */
export function createProgram(io: Io): Command {
  const cli = createCli(io);
  const program = new Command('slipway')
    .description('Build, ship and operate applications on Slipway.')
    .version(version)
    .showHelpAfterError('(add --help for what the command takes)')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) })
    .exitOverride();

  program.commandsGroup('Start here:');
  registerLogin(program, cli);
  registerLogout(program, cli);
  registerWhoami(program, cli);
  registerContext(program, cli);

  program.commandsGroup('Applications:');
  registerDeploy(program, cli);
  registerPlan(program, cli);
  registerStatus(program, cli);
  registerOpen(program, cli);
  registerLogs(program, cli);
  registerScale(program, cli);
  registerDrift(program, cli);
  registerConfig(program, cli);
  registerRollback(program, cli);
  registerReleases(program, cli);
  registerRollouts(program, cli);
  registerPromote(program, cli);
  registerTrains(program, cli);
  registerFreezes(program, cli);
  registerStrategy(program, cli);
  registerBuilds(program, cli);
  registerDomains(program, cli);
  registerPods(program, cli);

  program.commandsGroup('Where applications live:');
  registerTenants(program, cli);
  registerMembers(program, cli);
  registerRoles(program, cli);
  registerInvitations(program, cli);
  registerProjects(program, cli);
  registerBlueprints(program, cli);
  registerEnvironments(program, cli);
  registerApps(program, cli);
  registerRepositories(program, cli);
  registerNetwork(program, cli);
  registerQuota(program, cli);

  program.commandsGroup('Access and administration:');
  registerRequests(program, cli);
  registerApprovalPolicies(program, cli);
  registerDelegations(program, cli);
  registerAccess(program, cli);
  registerTokens(program, cli);
  registerSessions(program, cli);
  registerRobots(program, cli);
  registerKubeconfig(program, cli);
  registerPolicies(program, cli);
  registerImages(program, cli);
  registerKeys(program, cli);
  registerUsers(program, cli);
  registerGroups(program, cli);
  registerIdentity(program, cli);
  registerClusters(program, cli);
  registerNamespaces(program, cli);
  registerAudit(program, cli);
  registerCompletion(program, cli);

  program.addHelpText(
    'after',
    `
Examples:
  $ slipway login --server http://127.0.0.1:7601
  $ slipway context use acme/demo
  $ slipway deploy docs/samples/hello --create
  $ slipway logs --app hello --follow`,
  );
  return program;
}
