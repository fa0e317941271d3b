import type { Schemas } from '@slipway/sdk';

export type Adoption = Schemas['Adoption'];
export type Application = Schemas['Application'];
export type ApprovalPolicy = Schemas['ApprovalPolicy'];
export type ApprovalRequest = Schemas['Request'];
export type AnalysisRun = Schemas['AnalysisRun'];
export type RolloutSignals = Schemas['RolloutSignals'];
export type Blueprint = Schemas['Blueprint'];
export type BlueprintChange = Schemas['BlueprintChange'];
export type BlueprintVersion = Schemas['BlueprintVersionOutline'];
export type Build = Schemas['Build'];
export type EffectiveName = Schemas['EffectiveConfig']['names'][number];
export type ConfigVersion = Schemas['ConfigVersionOutline'];
export type ReachedApplication = Schemas['ChangedScopeConfig']['reaches'][number];
export type ImportedConfig = Schemas['ImportedConfig'];
export type Environment = Schemas['Environment'];
export type Freeze = Schemas['Freeze'];
export type Me = Schemas['Me'];
export type Member = Schemas['Member'];
export type IdentitySettings = Schemas['IdentitySettings'];
export type NetworkRange = Schemas['NetworkRange'];
export type Hooks = Schemas['ReleaseHooks'];
export type Process = Schemas['Process'];
export type ProjectNetwork = Schemas['ProjectNetwork'];
export type Quota = Schemas['Quota'];
export type Robot = Schemas['Robot'];
export type Role = Schemas['Role'];
export type RolloutTransition = Schemas['RolloutTransition'];
export type Rollout = Schemas['Rollout'];
export type Train = Schemas['Train'];
export type RolloutStep = Schemas['Step'];
export type Source = Schemas['ApplicationSource'];
export type Tenant = Schemas['Tenant'];
export type User = Schemas['User'];

/** One line of a build's log, or of a pod's. */
export interface LogLine {
  readonly at?: string;
  readonly stream?: string;
  readonly pod?: string;
  readonly process?: string;
  readonly text: string;
}
export type TenantNetwork = Schemas['TenantNetwork'];
