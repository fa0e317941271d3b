import type { Schemas } from '@slipway/sdk';

/** The API's objects by the names that the portal uses. */
export type Me = Schemas['Me'];
export type PersonalToken = Schemas['PersonalToken'];
export type Robot = Schemas['Robot'];
export type ScimToken = Schemas['ScimToken'];
export type Session = Schemas['Session'];
export type Group = Schemas['Group'];
export type User = Schemas['User'];
export type Tenant = Schemas['Tenant'];
export type Member = Schemas['Member'];
export type Environment = Schemas['Environment'];
export type EnvironmentKind = Environment['kind'];
export type Source = Schemas['ApplicationSource'];
export type Application = Schemas['Application'];
export type Build = Schemas['Build'];
export type Release = Schemas['Release'];
export type Change = Schemas['ReleaseDiff']['changes'][number];
export type Step = Schemas['Step'];
export type Rollout = Schemas['Rollout'];
export type Config = Schemas['Config'];
export type Scaling = Schemas['Scaling'];
export type Domain = Schemas['Domain'];
export type Status = Schemas['EnvironmentStatus'];
export type Pod = Schemas['Pod'];
export type Repository = Schemas['Repository'];
export type Artifact = Schemas['Artifact'];
export type Operation = Schemas['Operation'];
export type AuditEvent = Schemas['AuditEvent'];
export type ApprovalPolicy = Schemas['ApprovalPolicy'];
export type NewApprovalPolicy = Schemas['CreateApprovalPolicy'];
export type Quota = Schemas['Quota'];
export type QuotaOverviewItem = Schemas['QuotaOverviewItem'];
export type ApprovalRequest = Schemas['Request'];
export type Cluster = Schemas['Cluster'];

export type Role = Member['role'];
export const roles = ['owner', 'admin', 'developer', 'operator', 'viewer'] as const satisfies readonly Role[];
