import { Injectable } from '@nestjs/common';
import { KubeError } from '@slipway/orchestrator/client';
import { ClustersService } from '../clusters/clusters.service.js';
import { AdoptedNamespaces } from '../environments/adopted-namespaces.service.js';
import { NamespaceParts, type NamespacePlace } from '../environments/namespace-parts.service.js';
import { Database, type EnvironmentModel, type NamespaceAdoptionModel } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { JobAbandoned, type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { OperationsService } from '../operations/operations.service.js';
import { AdoptionPlaces } from './adoption-places.service.js';
import { readItems } from './adoptions.dto.js';
import { type AdoptionJob, adoptNamespaces } from './adoptions.job-definitions.js';
import { type AdoptionItem, isOver } from './adoptions.rules.js';

/**
 * Takes the namespaces one after the other. Where each stands is written in the adoption's row, so that whoever follows a worker
 * that died goes on there. What a rule or the cluster refuses is taken back, of this namespace alone; the others go on.
 */
@Processes(adoptNamespaces)
@Injectable()
export class AdoptNamespacesProcessor implements JobProcessor<AdoptionJob> {
  constructor(
    private readonly database: Database,
    private readonly places: AdoptionPlaces,
    private readonly clusters: ClustersService,
    private readonly parts: NamespaceParts,
    private readonly adopted: AdoptedNamespaces,
    private readonly operations: OperationsService,
  ) {}

  async run({ adoptionId }: AdoptionJob, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
    const adoption = await this.database.read.namespaceAdoption.findUnique({ where: { id: adoptionId } });
    if (!adoption) return;
    for (const item of readItems(adoption.items)) {
      signal.throwIfAborted();
      if (!isOver(item)) await this.adopt(adoption, item);
      await this.tell(adoption, item.namespace);
    }
    await this.end(adoption);
  }

  /** What could not be done in all that time is taken back where that can be done, and failed. */
  async giveUp({ adoptionId }: AdoptionJob, error: Error): Promise<void> {
    const adoption = await this.database.read.namespaceAdoption.findUnique({ where: { id: adoptionId } });
    if (!adoption) return;
    for (const item of readItems(adoption.items)) {
      if (!isOver(item)) await this.abandon(adoption, item, error);
      await this.tell(adoption, item.namespace);
    }
    await this.end(adoption);
  }

  private async adopt(adoption: NamespaceAdoptionModel, item: AdoptionItem): Promise<void> {
    const { cluster, operationId } = adoption;
    try {
      if (item.state === 'reversing') throw new Refused(item.error ?? { code: 'internal', message: '' });
      await this.operations.step(operationId, item.namespace, 'running');
      await this.places.move(adoption.id, item.namespace, 'running');
      const row = await this.places.make(adoption, item);
      await this.clusters.use(cluster, (client) => this.parts.ensure(client, toPlace(item, row)));
      await this.places.open(row, this.parts.version(), toPlace(item, row));
      await this.places.move(adoption.id, item.namespace, 'adopted');
    } catch (thrown) {
      const refusal = toRefusal(thrown);
      if (!refusal) throw thrown;
      await this.places.move(adoption.id, item.namespace, 'reversing', refusal);
      await this.takeBack(item, cluster);
      await this.places.move(adoption.id, item.namespace, 'failed', refusal);
    }
  }

  private async abandon(adoption: NamespaceAdoptionModel, item: AdoptionItem, error: Error): Promise<void> {
    const reason = item.error ?? { code: 'adoption-given-up', message: error.message };
    await this.takeBack(item, adoption.cluster)
      .then(() => this.places.move(adoption.id, item.namespace, 'failed', reason))
      .catch(async (again: Error) => {
        const message = `${reason.message} Not all could be taken back: ${again.message}`;
        await this.places.leave(item, message);
        await this.places.move(adoption.id, item.namespace, 'failed', { ...reason, message });
      });
  }

  /** Only what this adoption made: where its environment is not, another one owns the namespace, or nobody. */
  private async takeBack(item: AdoptionItem, cluster: string): Promise<void> {
    const row = await this.places.find(item);
    // One that is being deleted is given back by who deletes it.
    if (!row || row.state === 'deleting') return;
    await this.adopted.giveBack(row, row.adoptedFrom);
    await this.clusters.use(cluster, (client) => this.parts.undo(client, toPlace(item, row)));
    await this.places.remove(item);
  }

  private async tell({ id, operationId }: NamespaceAdoptionModel, namespace: string): Promise<void> {
    const item = await this.places.readItem(id, namespace);
    if (item?.state === 'adopted') await this.operations.step(operationId, namespace, 'succeeded');
    if (item?.state === 'failed') await this.operations.step(operationId, namespace, 'failed', item.error?.message);
  }

  private async end({ id, operationId }: NamespaceAdoptionModel): Promise<void> {
    const row = await this.database.read.namespaceAdoption.findUniqueOrThrow({ where: { id } });
    const items = readItems(row.items);
    const failed = items.filter(({ state }) => state === 'failed').length;
    if (failed === 0) return this.operations.succeed(operationId, { adopted: items.length });
    const message = `${failed} of ${items.length} namespaces were not adopted, and stand as before.`;
    await this.operations.fail(operationId, { code: 'adoption-incomplete', message });
  }
}

/** Said before, by a worker that died while it took back. */
class Refused extends Error {
  constructor(readonly reason: { readonly code: string; readonly message: string }) {
    super(reason.message);
  }
}

/** What will be refused again however often it is tried; undefined where it may go better the next time. */
function toRefusal(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof Refused) return { ...error.reason };
  if (error instanceof JobAbandoned) return { code: 'adoption-refused', message: error.message };
  if (error instanceof SlipwayError)
    return error.definition.status < 500 ? { code: error.code, message: error.message } : undefined;
  const isFinal = error instanceof KubeError && [400, 403, 404, 405, 422].includes(error.code);
  return isFinal ? { code: 'cluster-refused', message: error.message } : undefined;
}

function toPlace(item: AdoptionItem, row: EnvironmentModel): NamespacePlace {
  const { tenantId, tenant, projectId, project } = item;
  const { id: environmentId, name: environment, kind, namespace, cluster } = row;
  return {
    ...{ tenantId, tenant, projectId, project },
    ...{ environmentId, environment, kind, namespace, cluster, isAdopted: true },
  };
}
