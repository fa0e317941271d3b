import { Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  ApplicationScopes,
  type PlacementScope,
} from '../applications/application-scopes.service.js';
import { Access } from '../kernel/access/access.js';
import { Database, type ReleaseModel } from '../kernel/database/index.js';
import type { FieldError } from '../kernel/errors/errors.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { PromotionsService } from '../promotions/promotions.service.js';
import { hasTwoSlots, readStrategy } from '../rollouts/rollout-steering.service.js';
import type { StoredCar } from './trains.codec.js';
import type { CreateTrain } from './trains.dto.js';
import { fail } from './trains.errors.js';
import { refuseOrder } from './trains.rules.js';

type AskedCar = CreateTrain['cars'][number];

/** Makes the cars of what was asked for, or says what is wrong by the path of the field. */
@Injectable()
export class TrainCars {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly promotions: PromotionsService,
    private readonly access: Access,
  ) {}

  /** Throws 422 `train-invalid` with all that is wrong. */
  async make(caller: TenantCaller, project: string, body: CreateTrain): Promise<readonly StoredCar[]> {
    const made = await Promise.all(body.cars.map((car, index) => this.makeCar(caller, project, body, car, index)));
    const order = refuseOrder(body.cars).map(({ path, message }) => toError(path, message));
    const errors = [...order, ...made.flatMap((each) => (Array.isArray(each) ? each : []))];
    if (errors.length > 0)
      throw fail('train-invalid', { errors, detail: errors.map(({ message }) => message).join(' ') });
    return made.flatMap((each) => (isCar(each) ? [each] : []));
  }

  private async makeCar(
    caller: TenantCaller,
    project: string,
    { environment, lane }: CreateTrain,
    car: AskedCar,
    index: number,
  ): Promise<StoredCar | readonly FieldError[]> {
    const path = `cars.${index}`;
    const scope = await this.scopes.findApplication(caller.tenant, project, car.application);
    if (!scope || scope.application.state === 'deleting')
      return [toError(`${path}.application`, `There is no application ${car.application} in this project.`)];
    const release = await this.findRelease(caller, scope, environment, car);
    if (typeof release === 'string') {
      return [toError(`${path}.${car.release === undefined ? 'fromEnvironment' : 'release'}`, release)];
    }
    const place = await this.scopes.getPlacement(scope, environment);
    const refusal = lane && refuseLane(place);
    return refusal === undefined ? toCar(place, release, car) : [toError(`${path}.application`, refusal)];
  }

  /** Or why there is none. */
  private async findRelease(
    caller: TenantCaller,
    scope: ApplicationScope,
    to: string,
    { release: number, fromEnvironment }: AskedCar,
  ): Promise<ReleaseModel | string> {
    if (fromEnvironment === undefined) {
      const where = { tenantId: scope.tenant.id, applicationId: scope.application.id, number };
      const found = await this.database.read.release.findFirst({ where });
      return found ?? `${scope.application.name} has no release ${number}.`;
    }
    this.access.require(caller.actor, caller.tenant, 'rollouts:promote', scope.project.id);
    if (fromEnvironment === to) return 'A release is promoted from one environment to another.';
    const found = await this.promotions.findPromotable(scope, fromEnvironment);
    if (!found) return `No release of ${scope.application.name} runs in ${fromEnvironment}.`;
    if (!found.isHealthy) return `Release ${found.release.number} is not healthy in ${fromEnvironment}.`;
    return found.release;
  }
}

const toError = (path: string, message: string): FieldError => ({ path: `body.${path}`, code: 'invalid', message });
const isCar = (made: StoredCar | readonly FieldError[]): made is StoredCar => !Array.isArray(made);

function refuseLane({ application, environment, placement }: PlacementScope): string | undefined {
  const strategy = readStrategy(placement.strategy);
  if (!hasTwoSlots(strategy)) {
    return (
      `${application.name} changes in place in ${environment.name} (${strategy.type}): in a lane a candidate stands beside the stable ` +
      'release. Give it there a strategy of type canary, blueGreen, abTest or mirror.'
    );
  }
  return placement.releaseId === null
    ? `Nothing of ${application.name} runs in ${environment.name} yet: deploy it there before it joins a lane.`
    : undefined;
}

const toCar = ({ application, placement }: PlacementScope, release: ReleaseModel, car: AskedCar): StoredCar => ({
  application: application.name,
  after: car.after,
  state: 'pending',
  message: null,
  canRevert: false,
  retryAt: null,
  applicationId: application.id,
  releaseId: release.id,
  release: release.number,
  fromEnvironment: car.fromEnvironment ?? null,
  strategy: readStrategy(placement.strategy),
  previousReleaseId: null,
  previousRelease: null,
  rolloutId: null,
  revertId: null,
});
