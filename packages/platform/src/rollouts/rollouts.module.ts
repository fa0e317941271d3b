import { Module } from '@nestjs/common';
import { ApplicationsModule } from '../applications/applications.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { FreezesModule } from '../freezes/freezes.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { PoliciesModule } from '../policies/policies.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { RequestsModule } from '../requests/requests.module.js';
import { AdvanceRolloutProcessor } from './advance-rollout.jobs.js';
import { AnalysisRunsController } from './analysis/analysis-runs.controller.js';
import { AnalysisRuns } from './analysis/analysis-runs.service.js';
import { GatewayHistory } from './analysis/gateway-history.js';
import { GatewaySeries } from './analysis/gateway-series.js';
import { RolloutSignalsController } from './analysis/rollout-signals.controller.js';
import { RolloutSignals } from './analysis/rollout-signals.service.js';
import { RolloutHooks } from './hooks/rollout-hooks.service.js';
import { KeptSlots } from './kept-slots.service.js';
import { LiveSettings } from './live-settings.service.js';
import { NotifyOfRolloutProcessor } from './notify-of-rollout.jobs.js';
import { PlacementImages } from './placement-images.service.js';
import { PlacementQuota } from './placement-quota.service.js';
import { CallRolloutHookProcessor } from './probes/call-rollout-hooks.jobs.js';
import { JobProbes } from './probes/job-probe.service.js';
import { MeasurementClaims } from './probes/measurement-claims.js';
import { PrometheusProbe } from './probes/prometheus-probe.service.js';
import { RolloutMeasurements } from './probes/rollout-measurements.service.js';
import { SyntheticRequests } from './probes/synthetic-requests.service.js';
import { TemplateProbes } from './probes/template-probe.service.js';
import { WebProbes } from './probes/web-probe.service.js';
import { ReleaseRequests } from './release-requests.service.js';
import { RetireReleaseProcessor } from './retire-release.jobs.js';
import { RolloutGate } from './rollout-gate.service.js';
import { RolloutLoops } from './rollout-loops.js';
import { RolloutObjects } from './rollout-objects.js';
import { RolloutPlansController } from './rollout-plans.controller.js';
import { RolloutPlans } from './rollout-plans.service.js';
import { RolloutRecord } from './rollout-record.js';
import { RolloutRequests } from './rollout-requests.service.js';
import { RolloutSteering } from './rollout-steering.service.js';
import { RolloutTransitions } from './rollout-transitions.service.js';
import { RolloutWaits } from './rollout-waits.js';
import { RolloutsController } from './rollouts.controller.js';
import { RolloutsService } from './rollouts.service.js';
import { ScalingController } from './scaling.controller.js';
import { ScalingService } from './scaling.service.js';
import { SettleSettingsProcessor } from './settle-settings.jobs.js';
import { StandingObjects } from './standing-objects.service.js';
import { StrategiesController } from './strategies.controller.js';
import { StrategyController } from './strategy.controller.js';
import { StrategyService } from './strategy.service.js';
import { StrategyDryRunController } from './strategy-dry-run.controller.js';
import { StrategyDryRuns } from './strategy-dry-run.service.js';

@Module({
  imports: [
    ApplicationsModule,
    AuditModule,
    ClustersModule,
    FreezesModule,
    NotificationsModule,
    OperationsModule,
    PoliciesModule,
    QuotasModule,
    ReleasesModule,
    RequestsModule,
  ],
  controllers: [
    AnalysisRunsController,
    RolloutPlansController,
    RolloutSignalsController,
    RolloutsController,
    ScalingController,
    StrategiesController,
    StrategyController,
    StrategyDryRunController,
  ],
  providers: [
    AnalysisRuns,
    GatewayHistory,
    GatewaySeries,
    PlacementImages,
    PlacementQuota,
    RolloutsService,
    RolloutPlans,
    RolloutRequests,
    RolloutSignals,
    ScalingService,
    StrategyDryRuns,
    StrategyService,
    RolloutLoops,
    RolloutHooks,
    RolloutObjects,
    RolloutRecord,
    KeptSlots,
    StandingObjects,
    RolloutGate,
    RolloutSteering,
    RolloutTransitions,
    ReleaseRequests,
    RolloutWaits,
    JobProbes,
    PrometheusProbe,
    TemplateProbes,
    SyntheticRequests,
    WebProbes,
    MeasurementClaims,
    RolloutMeasurements,
    AdvanceRolloutProcessor,
    CallRolloutHookProcessor,
    NotifyOfRolloutProcessor,
    RetireReleaseProcessor,
    LiveSettings,
    SettleSettingsProcessor,
  ],
  exports: [
    LiveSettings,
    RolloutGate,
    RolloutPlans,
    RolloutRequests,
    RolloutSteering,
    RolloutsService,
    StandingObjects,
  ],
})
export class RolloutsModule {}
