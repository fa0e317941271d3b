import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { type KubeClient, KubeError } from '@slipway/orchestrator/client';
import { namespaces, type Pod, pods, secrets } from '@slipway/orchestrator/kinds';
import { type ApplicationScope, ApplicationScopes, readBuild } from '../applications/application-scopes.service.js';
import { ClustersService, embeddedCluster } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import type { BuildModel } from '../kernel/database/index.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { managedBy } from '../kernel/kubernetes/labels.js';
import { BuildNetwork } from '../network-policies/build-network.service.js';
import { BuildFollower } from './build-follower.js';
import { BuildLogWriter, buildLogPath } from './build-log.js';
import { BuildMinutes } from './build-minutes.service.js';
import { BuildRecord } from './build-record.js';
import { runBuild } from './builds.job-definitions.js';
import {
  type BuildPodInput,
  buildDeadlineSeconds,
  buildNamespace,
  buildPodName,
  planBuildPod,
  planBuildSecret,
  readOutcome,
} from './builds.rules.js';
import { pathInGit, type StoredSource } from './builds.service.js';

const lookMilliseconds = 700;
const longestWaitSeconds = 600;

/**
 * Runs one build: makes its pod, or finds the one that an earlier run of this job made, follows its log, and writes down
 * what came of it. The pod's name is the build's id, so there is never a second one.
 */
@Processes(runBuild)
@Injectable()
export class RunBuildProcessor implements JobProcessor<{ buildId: string }> {
  constructor(
    private readonly scopes: ApplicationScopes,
    private readonly clusters: ClustersService,
    private readonly record: BuildRecord,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
    private readonly minutes: BuildMinutes,
    private readonly network: BuildNetwork,
  ) {}

  async run({ buildId }: { buildId: string }, { signal }: JobContext): Promise<void> {
    const row = await this.record.findOpen(buildId);
    if (!row) return;
    const scope = await this.scopes.findById(row.applicationId);
    if (!scope) return;
    const log = await BuildLogWriter.open(buildLogPath(this.config.uploadsDir, row.id));
    try {
      await this.clusters.use(embeddedCluster, (client) => this.follow(client, scope, row, log, signal));
    } finally {
      await log.close();
    }
  }

  async giveUp({ buildId }: { buildId: string }, error: Error): Promise<void> {
    const row = await this.record.findOpen(buildId);
    if (row) await this.record.fail(row, error.message);
  }

  private async follow(
    client: KubeClient,
    scope: ApplicationScope,
    row: BuildModel,
    log: BuildLogWriter,
    signal: AbortSignal,
  ): Promise<void> {
    const namespace = buildNamespace(scope.tenant.name);
    const name = buildPodName(row.id);
    const follower = new BuildFollower(client, namespace, name, log, this.clock);
    if (!row.cancelRequestedAt) await this.ensurePod(client, scope, row);
    const startedAt = (await this.record.start(row)).getTime();
    let told = '';
    for (;;) {
      signal.throwIfAborted();
      const current = await this.record.findOpen(row.id);
      if (!current) return this.cleanUp(client, namespace, name);
      if (current.cancelRequestedAt) {
        await this.cleanUp(client, namespace, name);
        await log.write({ at: this.clock.now().toISOString(), stream: 'slipway', text: 'Cancelled.' });
        return this.record.cancel(current);
      }
      const pod = await client.find(pods, name, namespace);
      const outcome = pod ? readOutcome(pod, follower.lastLines) : undefined;
      const seconds = (this.clock.now().getTime() - startedAt) / 1000;
      if (!outcome) return this.finish(client, current, scope, log, { error: 'The pod of the build was deleted.' });
      if (outcome.state === 'waiting') {
        if (outcome.message && outcome.message !== told) {
          told = outcome.message;
          await log.write({ at: this.clock.now().toISOString(), stream: 'slipway', text: `Waiting: ${told}` });
        }
        if (seconds > longestWaitSeconds) {
          return this.finish(client, current, scope, log, {
            error: `The build did not start within ${longestWaitSeconds / 60} minutes. ${told}`,
          });
        }
      } else {
        follower.start(signal);
      }
      if (outcome.state === 'succeeded' || outcome.state === 'failed') {
        await follower.end();
        // The last lines may have come after the first look.
        const final = readOutcome(pod as Pod, follower.lastLines);
        return this.finish(
          client,
          current,
          scope,
          log,
          final.state === 'succeeded'
            ? { digest: final.digest }
            : { error: final.state === 'failed' ? final.error : '' },
        );
      }
      if (outcome.state === 'running' && !(await this.minutes.extend(scope, current, seconds))) {
        return this.finish(client, current, scope, log, { error: 'The build minutes of this month are used up.' });
      }
      if (seconds > buildDeadlineSeconds + 120) {
        return this.finish(client, current, scope, log, {
          error: `The build took longer than ${buildDeadlineSeconds / 60} minutes.`,
        });
      }
      await this.clock.sleep(lookMilliseconds, signal);
    }
  }

  private async finish(
    client: KubeClient,
    row: BuildModel,
    scope: ApplicationScope,
    log: BuildLogWriter,
    result: { digest: string } | { error: string },
  ) {
    const at = this.clock.now().toISOString();
    if ('digest' in result) {
      const image = `${this.config.registryHost}/${scope.tenant.name}/${scope.project.name}/${scope.application.name}@${result.digest}`;
      const release = await this.record.succeed(row, scope, image);
      await log.write({ at, stream: 'slipway', text: `Release ${release} is ${image}` });
    } else {
      await log.write({ at, stream: 'slipway', text: `Failed: ${result.error}` });
      await this.record.fail(row, result.error);
    }
    await this.cleanUp(client, buildNamespace(scope.tenant.name), buildPodName(row.id));
  }

  private async ensurePod(client: KubeClient, scope: ApplicationScope, row: BuildModel): Promise<void> {
    const namespace = buildNamespace(scope.tenant.name);
    const name = buildPodName(row.id);
    if (await client.find(pods, name, namespace)) return;
    if (row.startedAt && row.state === 'running') return;
    const labels = { ...managedBy, 'slipway.dev/tenant': scope.tenant.name };
    await unlessThere(
      client.create(namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels },
        spec: {},
      }),
    );
    await this.network.ensure(client, namespace, scope.tenant);
    const input = await this.podInput(scope, row, await this.record.issueToken(row));
    await ignoringNotFound(client.delete(secrets, name, namespace));
    await client.create(secrets, planBuildSecret(input));
    await unlessThere(client.create(pods, planBuildPod(input)));
  }

  private async podInput(scope: ApplicationScope, row: BuildModel, token: string): Promise<BuildPodInput> {
    const stored = row.source as unknown as StoredSource;
    const apiUrl = `http://${this.config.registryHostInCluster}`;
    const caBundle = this.config.podCaFile ? await readFile(this.config.podCaFile, 'utf8') : undefined;
    return {
      id: row.id,
      number: row.number,
      tenant: scope.tenant.name,
      project: scope.project.name,
      application: scope.application.name,
      source:
        stored.type === 'upload'
          ? { type: 'upload', url: `${apiUrl}/internal/builds/${row.id}/context` }
          : { type: 'git', url: stored.own ? `${apiUrl}/git/${pathInGit(scope)}` : stored.url, ref: stored.ref },
      ...readBuild(scope.application.build),
      apiUrl,
      registryHost: this.config.registryHost,
      registryHostInCluster: this.config.registryHostInCluster,
      token,
      proxyEnvironment: this.config.podProxyEnv,
      caBundle,
    };
  }

  private async cleanUp(client: KubeClient, namespace: string, name: string): Promise<void> {
    await ignoringNotFound(client.delete(pods, name, namespace, { gracePeriodSeconds: 0 }));
    await ignoringNotFound(client.delete(secrets, name, namespace));
  }
}

async function unlessThere(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error;
  });
}

async function ignoringNotFound(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof KubeError) || error.code !== 404) throw error;
  });
}
