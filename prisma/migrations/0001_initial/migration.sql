-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "roles" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "name" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "permissions" TEXT[],
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_bindings" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "projectId" UUID,
    "userId" UUID,
    "groupId" UUID,
    "role" TEXT NOT NULL,
    "roleId" UUID,
    "expiresAt" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "role_bindings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "namespace_adoptions" (
    "id" UUID NOT NULL,
    "cluster" TEXT NOT NULL,
    "operationId" UUID NOT NULL,
    "items" JSONB NOT NULL,
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "namespace_adoptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "applications" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "build" JSONB NOT NULL,
    "processes" JSONB NOT NULL,
    "hooks" JSONB NOT NULL DEFAULT '{}',
    "state" TEXT NOT NULL DEFAULT 'active',
    "buildCount" INTEGER NOT NULL DEFAULT 0,
    "releaseCount" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "applications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "placements" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "applicationId" UUID NOT NULL,
    "environmentId" UUID NOT NULL,
    "releaseId" UUID,
    "slot" TEXT NOT NULL DEFAULT 'a',
    "strategy" JSONB NOT NULL DEFAULT '{"type":"rolling"}',
    "scaling" JSONB NOT NULL DEFAULT '{}',
    "driftPolicy" TEXT,
    "configVersion" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "placements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actorId" UUID,
    "actor" TEXT NOT NULL,
    "impersonator" TEXT,
    "action" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "outcome" TEXT NOT NULL DEFAULT 'success',
    "tenantId" UUID,
    "tenant" TEXT,
    "projectId" UUID,
    "cluster" TEXT,
    "namespace" TEXT,
    "before" JSONB,
    "after" JSONB,
    "requestId" TEXT NOT NULL,
    "source" TEXT,
    "userAgent" TEXT,
    "sessionId" TEXT,
    "chain" UUID NOT NULL,
    "seq" BIGINT,
    "prevHash" TEXT,
    "hash" TEXT,
    "position" BIGINT,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_paths" (
    "chain" UUID NOT NULL,
    "path" TEXT NOT NULL,

    CONSTRAINT "audit_paths_pkey" PRIMARY KEY ("chain","path")
);

-- CreateTable
CREATE TABLE "audit_chains" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "hash" TEXT NOT NULL,
    "removedSeq" BIGINT NOT NULL DEFAULT 0,
    "removedHash" TEXT NOT NULL,
    "stub" JSONB,
    "checkpointAt" TIMESTAMPTZ(3),
    "checkpoint" BIGINT NOT NULL DEFAULT 0,
    "keepDays" INTEGER,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_chains_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_checkpoints" (
    "chain" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "keyId" TEXT NOT NULL,
    "signature" TEXT NOT NULL,

    CONSTRAINT "audit_checkpoints_pkey" PRIMARY KEY ("chain","seq")
);

-- CreateTable
CREATE TABLE "audit_exports" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "tenant" TEXT,
    "fromAt" TIMESTAMPTZ(3),
    "toAt" TIMESTAMPTZ(3),
    "state" TEXT NOT NULL DEFAULT 'pending',
    "rows" INTEGER NOT NULL DEFAULT 0,
    "sizeBytes" BIGINT NOT NULL DEFAULT 0,
    "operation" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "audit_exports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_followers" (
    "name" TEXT NOT NULL,
    "position" BIGINT NOT NULL DEFAULT 0,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_followers_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "audit_rules" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "tenant" TEXT,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "filter" JSONB NOT NULL,
    "threshold" INTEGER NOT NULL DEFAULT 1,
    "windowSeconds" INTEGER NOT NULL DEFAULT 0,
    "groupBy" TEXT,
    "severity" TEXT NOT NULL,
    "channels" TEXT[],
    "webhookUrl" TEXT,
    "webhookSecret" TEXT,
    "quietSeconds" INTEGER NOT NULL DEFAULT 0,
    "isEnabled" BOOLEAN NOT NULL DEFAULT true,
    "sincePosition" BIGINT NOT NULL DEFAULT 0,
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_matches" (
    "ruleId" UUID NOT NULL,
    "group" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_matches_pkey" PRIMARY KEY ("ruleId","position")
);

-- CreateTable
CREATE TABLE "audit_alerts" (
    "id" UUID NOT NULL,
    "ruleId" UUID NOT NULL,
    "tenantId" UUID,
    "severity" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    "event" JSONB NOT NULL,
    "position" BIGINT NOT NULL,
    "count" INTEGER NOT NULL,
    "webhook" TEXT NOT NULL DEFAULT 'none',
    "at" TIMESTAMPTZ(3) NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_streams" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "tenant" TEXT,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "target" JSONB NOT NULL,
    "credentials" TEXT,
    "filter" JSONB NOT NULL,
    "isEnabled" BOOLEAN NOT NULL DEFAULT true,
    "position" BIGINT NOT NULL DEFAULT 0,
    "delivered" BIGINT NOT NULL DEFAULT 0,
    "deliveredAt" TIMESTAMPTZ(3),
    "lastError" TEXT,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failingSince" TIMESTAMPTZ(3),
    "nextAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "leasedUntil" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_streams_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "blueprints" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "content" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "blueprints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "blueprint_versions" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "blueprintId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "displayName" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "content" JSONB NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "blueprint_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "builds" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "applicationId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "source" JSONB NOT NULL,
    "environmentId" UUID,
    "tokenHash" TEXT,
    "image" TEXT,
    "releaseId" UUID,
    "rolloutId" UUID,
    "error" TEXT,
    "operationId" UUID,
    "cancelRequestedAt" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "builds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "config_versions" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "ownerId" UUID NOT NULL,
    "projectId" UUID,
    "environmentId" UUID,
    "placementId" UUID,
    "number" INTEGER NOT NULL,
    "variables" JSONB NOT NULL,
    "secrets" JSONB NOT NULL,
    "hash" TEXT NOT NULL,
    "nameCount" INTEGER NOT NULL,
    "byteCount" INTEGER NOT NULL,
    "changes" JSONB NOT NULL DEFAULT '[]',
    "restored" INTEGER,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "config_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "domains" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "placementId" UUID NOT NULL,
    "hostname" TEXT NOT NULL,
    "isDefault" BOOLEAN NOT NULL DEFAULT false,
    "https" TEXT NOT NULL DEFAULT 'also',
    "state" TEXT NOT NULL DEFAULT 'pending',
    "proof" TEXT,
    "verifiedAt" TIMESTAMPTZ(3),
    "askedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "checkCount" INTEGER NOT NULL DEFAULT 0,
    "lastCheckedAt" TIMESTAMPTZ(3),
    "nextCheckAt" TIMESTAMPTZ(3),
    "message" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "domains_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "domain_certificates" (
    "domainId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "secretName" TEXT,
    "chain" TEXT,
    "sealedKey" TEXT,
    "facts" JSONB,
    "notAfter" TIMESTAMPTZ(3),
    "problem" JSONB,
    "lookedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "domain_certificates_pkey" PRIMARY KEY ("domainId")
);

-- CreateTable
CREATE TABLE "domain_seeds" (
    "tenantId" UUID NOT NULL,
    "seed" TEXT NOT NULL,

    CONSTRAINT "domain_seeds_pkey" PRIMARY KEY ("tenantId")
);

-- CreateTable
CREATE TABLE "drifts" (
    "placementId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "rolloutId" UUID,
    "releaseId" UUID,
    "wanted" JSONB NOT NULL DEFAULT '[]',
    "findings" JSONB NOT NULL DEFAULT '[]',
    "openCount" INTEGER NOT NULL DEFAULT 0,
    "lookedAt" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "drifts_pkey" PRIMARY KEY ("placementId")
);

-- CreateTable
CREATE TABLE "environments" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "cluster" TEXT NOT NULL DEFAULT 'embedded',
    "state" TEXT NOT NULL DEFAULT 'provisioning',
    "message" TEXT,
    "partsVersion" TEXT NOT NULL DEFAULT '',
    "isAdopted" BOOLEAN NOT NULL DEFAULT false,
    "adoptedFrom" JSONB,
    "driftPolicy" TEXT NOT NULL DEFAULT 'show',
    "driftLookAt" TIMESTAMPTZ(3),
    "ordinal" SERIAL NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "environments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "freezes" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "name" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "cron" TEXT,
    "durationSeconds" INTEGER,
    "timeZone" TEXT NOT NULL DEFAULT 'UTC',
    "startsAt" TIMESTAMPTZ(3),
    "endsAt" TIMESTAMPTZ(3),
    "projects" TEXT[],
    "environmentKinds" TEXT[],
    "applications" TEXT[],
    "allowRollback" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "freezes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "email" TEXT,
    "displayName" TEXT NOT NULL,
    "passwordHash" TEXT,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "disabledAt" TIMESTAMPTZ(3),
    "externalId" TEXT,
    "directoryName" TEXT,
    "locale" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "personal_tokens" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'personal',
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "previousHash" TEXT,
    "previousUntil" TIMESTAMPTZ(3),
    "scopes" TEXT[],
    "tenantId" UUID,
    "ranges" TEXT[],
    "device" TEXT,
    "madeBy" UUID,
    "impersonatorId" UUID,
    "lifeDays" INTEGER,
    "expiresAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "lastUsedFrom" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "personal_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "robots" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID,
    "username" TEXT NOT NULL,
    "isManaged" BOOLEAN NOT NULL DEFAULT false,
    "description" TEXT,
    "prefix" TEXT NOT NULL DEFAULT '',
    "hash" TEXT NOT NULL,
    "previousHash" TEXT,
    "previousUntil" TIMESTAMPTZ(3),
    "permissions" TEXT[],
    "ranges" TEXT[],
    "lifeDays" INTEGER,
    "expiresAt" TIMESTAMPTZ(3),
    "disabledAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "lastUsedFrom" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "robots_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "sid" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "device" TEXT,
    "address" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "second_factors" (
    "userId" UUID NOT NULL,
    "secret" TEXT NOT NULL,
    "confirmedAt" TIMESTAMPTZ(3),
    "lastStep" BIGINT NOT NULL DEFAULT 0,
    "recoveryHashes" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "second_factors_pkey" PRIMARY KEY ("userId")
);

-- CreateTable
CREATE TABLE "sign_in_failures" (
    "key" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,
    "blockedUntil" TIMESTAMPTZ(3),

    CONSTRAINT "sign_in_failures_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "identity_settings" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "passwordMinLength" INTEGER NOT NULL DEFAULT 12,
    "tokenMaxDays" INTEGER NOT NULL DEFAULT 365,
    "mfaRoles" TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_settings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "scim_tokens" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "adoptsUsers" BOOLEAN NOT NULL DEFAULT false,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "previousHash" TEXT,
    "previousUntil" TIMESTAMPTZ(3),
    "expiresAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "lastUsedFrom" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scim_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "groups" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "externalId" TEXT,
    "source" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "group_members" (
    "groupId" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "source" TEXT NOT NULL DEFAULT 'direct',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "group_members_pkey" PRIMARY KEY ("groupId","userId")
);

-- CreateTable
CREATE TABLE "issuer_records" (
    "model" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "grantId" TEXT,
    "userCode" TEXT,
    "uid" TEXT,
    "accountId" TEXT,
    "expiresAt" TIMESTAMPTZ(3),
    "consumedAt" TIMESTAMPTZ(3),

    CONSTRAINT "issuer_records_pkey" PRIMARY KEY ("model","id")
);

-- CreateTable
CREATE TABLE "invitations" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID,
    "email" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "invitedBy" TEXT NOT NULL,
    "message" TEXT NOT NULL DEFAULT '',
    "sentAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "acceptedAt" TIMESTAMPTZ(3),
    "acceptedBy" TEXT,
    "revokedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "invitations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox_messages" (
    "id" UUID NOT NULL,
    "queue" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "share" TEXT NOT NULL DEFAULT '',
    "failedAt" TIMESTAMPTZ(3),
    "dueAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "publishedAt" TIMESTAMPTZ(3),
    "completedAt" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "actorId" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "requestHash" TEXT NOT NULL,
    "status" INTEGER,
    "headers" JSONB,
    "body" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("actorId","key")
);

-- CreateTable
CREATE TABLE "events" (
    "id" BIGSERIAL NOT NULL,
    "txid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "tenantId" UUID NOT NULL,
    "projectId" UUID,
    "applicationId" UUID,
    "type" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "network_settings" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID,
    "mode" TEXT,
    "egress" TEXT NOT NULL DEFAULT 'open',
    "allow" JSONB NOT NULL DEFAULT '[]',
    "builds" TEXT NOT NULL DEFAULT 'open',
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "network_settings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operations" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "steps" JSONB NOT NULL DEFAULT '[]',
    "progress" INTEGER NOT NULL DEFAULT 0,
    "result" JSONB,
    "error" JSONB,
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image_policies" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "mode" TEXT NOT NULL,
    "environmentKinds" TEXT[],
    "registries" TEXT[],
    "requireDigest" BOOLEAN NOT NULL DEFAULT false,
    "signatureKeys" JSONB NOT NULL DEFAULT '[]',
    "vulnerabilities" JSONB,
    "createdBy" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_policies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image_exemptions" (
    "id" UUID NOT NULL,
    "policyId" UUID NOT NULL,
    "tenantId" UUID,
    "image" TEXT NOT NULL,
    "vulnerability" TEXT,
    "reason" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_exemptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image_verdicts" (
    "id" UUID NOT NULL,
    "policyId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "resource" TEXT NOT NULL,
    "environment" TEXT,
    "image" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_verdicts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image_reports" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "digest" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "scanner" TEXT NOT NULL,
    "image" TEXT NOT NULL DEFAULT '',
    "counts" JSONB NOT NULL,
    "findings" JSONB NOT NULL,
    "scannedAt" TIMESTAMPTZ(3) NOT NULL,
    "reportedBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_reports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "blueprint" TEXT,
    "blueprintId" UUID,
    "blueprintVersion" INTEGER,
    "podSecurity" TEXT NOT NULL DEFAULT 'restricted',
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "quota_limits" (
    "tenantId" UUID NOT NULL,
    "scopeId" UUID NOT NULL,
    "level" TEXT NOT NULL,
    "parentId" UUID,
    "resource" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "granted" BIGINT NOT NULL DEFAULT 0,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_limits_pkey" PRIMARY KEY ("scopeId","resource")
);

-- CreateTable
CREATE TABLE "quota_settings" (
    "scopeId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "overcommitPercent" INTEGER NOT NULL DEFAULT 100,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_settings_pkey" PRIMARY KEY ("scopeId")
);

-- CreateTable
CREATE TABLE "quota_counters" (
    "tenantId" UUID NOT NULL,
    "scopeId" UUID NOT NULL,
    "resource" TEXT NOT NULL,
    "used" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "quota_counters_pkey" PRIMARY KEY ("scopeId","resource")
);

-- CreateTable
CREATE TABLE "quota_pools" (
    "cluster" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "used" BIGINT NOT NULL DEFAULT 0,
    "ofNodes" BOOLEAN NOT NULL DEFAULT false,
    "isAwaited" BOOLEAN NOT NULL DEFAULT false,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_pools_pkey" PRIMARY KEY ("cluster","resource")
);

-- CreateTable
CREATE TABLE "quota_pool_settings" (
    "cluster" TEXT NOT NULL,
    "overcommitPercent" INTEGER NOT NULL DEFAULT 100,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_pool_settings_pkey" PRIMARY KEY ("cluster")
);

-- CreateTable
CREATE TABLE "quota_claims" (
    "tenantId" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "projectId" UUID,
    "environmentId" UUID,
    "cluster" TEXT,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_claims_pkey" PRIMARY KEY ("tenantId","subject","resource")
);

-- CreateTable
CREATE TABLE "quota_grants" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "scopeId" UUID NOT NULL,
    "level" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "requestId" UUID,
    "reason" TEXT NOT NULL DEFAULT '',
    "createdBy" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_grants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "quota_waits" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID,
    "environmentId" UUID,
    "subject" TEXT NOT NULL,
    "action" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "position" INTEGER NOT NULL DEFAULT 0,
    "blockedBy" JSONB NOT NULL,
    "message" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdById" UUID,
    "finishedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quota_waits_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "quota_samples" (
    "tenantId" UUID NOT NULL,
    "scopeId" UUID NOT NULL,
    "resource" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "used" BIGINT NOT NULL,
    "limit" BIGINT,

    CONSTRAINT "quota_samples_pkey" PRIMARY KEY ("scopeId","resource","at")
);

-- CreateTable
CREATE TABLE "releases" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "applicationId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "image" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "buildNumber" INTEGER,
    "description" TEXT NOT NULL DEFAULT '',
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "releases_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "registry_manifests" (
    "tenantId" UUID NOT NULL,
    "applicationId" UUID NOT NULL,
    "digest" TEXT NOT NULL,
    "blobs" JSONB NOT NULL DEFAULT '{}',
    "children" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "registry_manifests_pkey" PRIMARY KEY ("applicationId","digest")
);

-- CreateTable
CREATE TABLE "requests" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "tenantId" UUID,
    "tenant" TEXT,
    "projectId" UUID,
    "environmentKind" TEXT,
    "subject" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "changes" JSONB NOT NULL DEFAULT '[]',
    "reason" TEXT NOT NULL,
    "requesterId" UUID,
    "requester" TEXT NOT NULL,
    "policyId" UUID,
    "approvalsNeeded" INTEGER NOT NULL DEFAULT 1,
    "approverScope" TEXT NOT NULL DEFAULT 'platform',
    "approverPermission" TEXT,
    "approverRoles" TEXT[],
    "approverGroups" TEXT[],
    "approverUsers" TEXT[],
    "isBreakGlass" BOOLEAN NOT NULL DEFAULT false,
    "review" TEXT,
    "grantSeconds" INTEGER,
    "maxGrantSeconds" INTEGER,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "decidedAt" TIMESTAMPTZ(3),
    "endsAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "request_decisions" (
    "id" UUID NOT NULL,
    "requestId" UUID NOT NULL,
    "tenantId" UUID,
    "verb" TEXT NOT NULL,
    "actorId" UUID,
    "actor" TEXT NOT NULL,
    "onBehalfOfId" UUID,
    "onBehalfOf" TEXT,
    "comment" TEXT,
    "verdict" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "request_decisions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "approval_policies" (
    "id" UUID NOT NULL,
    "tenantId" UUID,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 100,
    "conditions" JSONB NOT NULL DEFAULT '[]',
    "environmentKinds" TEXT[],
    "approvalsNeeded" INTEGER NOT NULL DEFAULT 1,
    "approverScope" TEXT NOT NULL DEFAULT 'platform',
    "approverPermission" TEXT,
    "approverRoles" TEXT[],
    "approverGroups" TEXT[],
    "approverUsers" TEXT[],
    "expiresAfterSeconds" INTEGER NOT NULL DEFAULT 1209600,
    "maxGrantSeconds" INTEGER,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "approval_policies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delegations" (
    "id" UUID NOT NULL,
    "fromUserId" UUID NOT NULL,
    "toUserId" UUID NOT NULL,
    "kinds" TEXT[],
    "startsAt" TIMESTAMPTZ(3) NOT NULL,
    "endsAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "delegations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notifications" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',
    "link" TEXT NOT NULL,
    "readAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollouts" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "applicationId" UUID NOT NULL,
    "environmentId" UUID NOT NULL,
    "releaseId" UUID NOT NULL,
    "previousReleaseId" UUID,
    "strategy" JSONB NOT NULL DEFAULT '{"type":"rolling"}',
    "plan" JSONB NOT NULL DEFAULT '[{"do":"update"}]',
    "stepIndex" INTEGER NOT NULL DEFAULT 0,
    "candidate" JSONB NOT NULL DEFAULT '{}',
    "slot" TEXT,
    "isHeld" BOOLEAN NOT NULL DEFAULT false,
    "pausedUntil" TIMESTAMPTZ(3),
    "commands" JSONB NOT NULL DEFAULT '[]',
    "state" TEXT NOT NULL DEFAULT 'pending',
    "isRestoring" BOOLEAN NOT NULL DEFAULT false,
    "steps" JSONB NOT NULL DEFAULT '[]',
    "hooks" JSONB NOT NULL DEFAULT '{}',
    "analyses" JSONB NOT NULL DEFAULT '[]',
    "deadlineAt" TIMESTAMPTZ(3),
    "error" TEXT,
    "abortRequestedAt" TIMESTAMPTZ(3),
    "abortRequestedBy" TEXT,
    "abortReason" TEXT,
    "approval" JSONB,
    "freezeOverride" TEXT,
    "operationId" UUID,
    "createdBy" TEXT NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rollouts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollout_transitions" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "rolloutId" UUID NOT NULL,
    "from" TEXT,
    "to" TEXT NOT NULL,
    "step" TEXT,
    "reason" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rollout_transitions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "uploads" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "applicationId" UUID NOT NULL,
    "digest" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "uploads_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenants" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "stateReason" TEXT,
    "stateChangedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "operationId" UUID,
    "purpose" TEXT NOT NULL DEFAULT '',
    "costCentre" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_setups" (
    "tenantId" UUID NOT NULL,
    "requestId" UUID,
    "operationId" UUID NOT NULL,
    "plan" JSONB NOT NULL,
    "isReversing" BOOLEAN NOT NULL DEFAULT false,
    "error" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_setups_pkey" PRIMARY KEY ("tenantId")
);

-- CreateTable
CREATE TABLE "trains" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "projectId" UUID NOT NULL,
    "environmentId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "gate" TEXT NOT NULL DEFAULT 'healthy',
    "onFailure" TEXT NOT NULL DEFAULT 'stop',
    "lane" JSONB,
    "isLaneOver" BOOLEAN NOT NULL DEFAULT false,
    "freezeConsent" JSONB,
    "cars" JSONB NOT NULL DEFAULT '[]',
    "state" TEXT NOT NULL DEFAULT 'progressing',
    "stopping" TEXT,
    "isReverting" BOOLEAN NOT NULL DEFAULT false,
    "isHeld" BOOLEAN NOT NULL DEFAULT false,
    "reason" TEXT,
    "commands" JSONB NOT NULL DEFAULT '[]',
    "createdBy" TEXT NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "trains_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "roles_name_idx" ON "roles"("name");

-- CreateIndex
CREATE UNIQUE INDEX "roles_tenantId_name_key" ON "roles"("tenantId", "name");

-- CreateIndex
CREATE INDEX "role_bindings_tenantId_projectId_createdAt_id_idx" ON "role_bindings"("tenantId", "projectId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "role_bindings_userId_tenantId_idx" ON "role_bindings"("userId", "tenantId");

-- CreateIndex
CREATE INDEX "role_bindings_groupId_idx" ON "role_bindings"("groupId");

-- CreateIndex
CREATE INDEX "role_bindings_projectId_idx" ON "role_bindings"("projectId");

-- CreateIndex
CREATE INDEX "role_bindings_roleId_idx" ON "role_bindings"("roleId");

-- CreateIndex
CREATE INDEX "namespace_adoptions_cluster_createdAt_id_idx" ON "namespace_adoptions"("cluster", "createdAt", "id");

-- CreateIndex
CREATE INDEX "applications_tenantId_idx" ON "applications"("tenantId");

-- CreateIndex
CREATE UNIQUE INDEX "applications_projectId_name_key" ON "applications"("projectId", "name");

-- CreateIndex
CREATE INDEX "placements_environmentId_idx" ON "placements"("environmentId");

-- CreateIndex
CREATE UNIQUE INDEX "placements_applicationId_environmentId_key" ON "placements"("applicationId", "environmentId");

-- CreateIndex
CREATE UNIQUE INDEX "audit_events_position_key" ON "audit_events"("position");

-- CreateIndex
CREATE INDEX "audit_events_at_id_idx" ON "audit_events"("at", "id");

-- CreateIndex
CREATE INDEX "audit_events_tenantId_at_id_idx" ON "audit_events"("tenantId", "at", "id");

-- CreateIndex
CREATE INDEX "audit_events_actor_at_idx" ON "audit_events"("actor", "at");

-- CreateIndex
CREATE INDEX "audit_events_source_at_idx" ON "audit_events"("source", "at");

-- CreateIndex
CREATE UNIQUE INDEX "audit_events_chain_seq_key" ON "audit_events"("chain", "seq");

-- CreateIndex
CREATE INDEX "audit_exports_tenantId_createdAt_idx" ON "audit_exports"("tenantId", "createdAt");

-- CreateIndex
CREATE INDEX "audit_rules_tenantId_name_idx" ON "audit_rules"("tenantId", "name");

-- CreateIndex
CREATE INDEX "audit_matches_ruleId_group_at_idx" ON "audit_matches"("ruleId", "group", "at");

-- CreateIndex
CREATE INDEX "audit_alerts_tenantId_at_id_idx" ON "audit_alerts"("tenantId", "at", "id");

-- CreateIndex
CREATE INDEX "audit_alerts_at_id_idx" ON "audit_alerts"("at", "id");

-- CreateIndex
CREATE INDEX "audit_alerts_ruleId_group_at_idx" ON "audit_alerts"("ruleId", "group", "at");

-- CreateIndex
CREATE UNIQUE INDEX "audit_alerts_ruleId_position_key" ON "audit_alerts"("ruleId", "position");

-- CreateIndex
CREATE INDEX "audit_streams_tenantId_name_idx" ON "audit_streams"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "blueprints_key_key" ON "blueprints"("key");

-- CreateIndex
CREATE INDEX "blueprints_tenantId_name_idx" ON "blueprints"("tenantId", "name");

-- CreateIndex
CREATE INDEX "blueprint_versions_tenantId_idx" ON "blueprint_versions"("tenantId");

-- CreateIndex
CREATE UNIQUE INDEX "blueprint_versions_blueprintId_number_key" ON "blueprint_versions"("blueprintId", "number");

-- CreateIndex
CREATE UNIQUE INDEX "builds_tokenHash_key" ON "builds"("tokenHash");

-- CreateIndex
CREATE UNIQUE INDEX "builds_applicationId_number_key" ON "builds"("applicationId", "number");

-- CreateIndex
CREATE INDEX "config_versions_tenantId_idx" ON "config_versions"("tenantId");

-- CreateIndex
CREATE INDEX "config_versions_projectId_idx" ON "config_versions"("projectId");

-- CreateIndex
CREATE INDEX "config_versions_environmentId_idx" ON "config_versions"("environmentId");

-- CreateIndex
CREATE INDEX "config_versions_placementId_idx" ON "config_versions"("placementId");

-- CreateIndex
CREATE UNIQUE INDEX "config_versions_ownerId_number_key" ON "config_versions"("ownerId", "number");

-- CreateIndex
CREATE INDEX "domains_tenantId_hostname_idx" ON "domains"("tenantId", "hostname");

-- CreateIndex
CREATE INDEX "domains_nextCheckAt_idx" ON "domains"("nextCheckAt");

-- CreateIndex
CREATE UNIQUE INDEX "domains_placementId_hostname_key" ON "domains"("placementId", "hostname");

-- CreateIndex
CREATE INDEX "domain_certificates_lookedAt_idx" ON "domain_certificates"("lookedAt");

-- CreateIndex
CREATE INDEX "domain_certificates_tenantId_idx" ON "domain_certificates"("tenantId");

-- CreateIndex
CREATE INDEX "drifts_tenantId_idx" ON "drifts"("tenantId");

-- CreateIndex
CREATE UNIQUE INDEX "environments_namespace_key" ON "environments"("namespace");

-- CreateIndex
CREATE UNIQUE INDEX "environments_ordinal_key" ON "environments"("ordinal");

-- CreateIndex
CREATE INDEX "environments_tenantId_idx" ON "environments"("tenantId");

-- CreateIndex
CREATE INDEX "environments_driftLookAt_idx" ON "environments"("driftLookAt");

-- CreateIndex
CREATE UNIQUE INDEX "environments_projectId_name_key" ON "environments"("projectId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "freezes_tenantId_name_key" ON "freezes"("tenantId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");

-- CreateIndex
CREATE UNIQUE INDEX "users_directoryName_key" ON "users"("directoryName");

-- CreateIndex
CREATE UNIQUE INDEX "users_issuer_subject_key" ON "users"("issuer", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "personal_tokens_hash_key" ON "personal_tokens"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "personal_tokens_previousHash_key" ON "personal_tokens"("previousHash");

-- CreateIndex
CREATE INDEX "personal_tokens_madeBy_idx" ON "personal_tokens"("madeBy");

-- CreateIndex
CREATE INDEX "personal_tokens_impersonatorId_idx" ON "personal_tokens"("impersonatorId");

-- CreateIndex
CREATE INDEX "personal_tokens_expiresAt_idx" ON "personal_tokens"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "personal_tokens_userId_name_key" ON "personal_tokens"("userId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "robots_hash_key" ON "robots"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "robots_previousHash_key" ON "robots"("previousHash");

-- CreateIndex
CREATE UNIQUE INDEX "robots_tenantId_username_key" ON "robots"("tenantId", "username");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_sid_key" ON "sessions"("sid");

-- CreateIndex
CREATE INDEX "sessions_userId_createdAt_idx" ON "sessions"("userId", "createdAt");

-- CreateIndex
CREATE INDEX "sign_in_failures_lastAt_idx" ON "sign_in_failures"("lastAt");

-- CreateIndex
CREATE UNIQUE INDEX "scim_tokens_name_key" ON "scim_tokens"("name");

-- CreateIndex
CREATE UNIQUE INDEX "scim_tokens_hash_key" ON "scim_tokens"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "scim_tokens_previousHash_key" ON "scim_tokens"("previousHash");

-- CreateIndex
CREATE UNIQUE INDEX "groups_name_key" ON "groups"("name");

-- CreateIndex
CREATE UNIQUE INDEX "groups_externalId_key" ON "groups"("externalId");

-- CreateIndex
CREATE INDEX "group_members_userId_idx" ON "group_members"("userId");

-- CreateIndex
CREATE INDEX "issuer_records_grantId_idx" ON "issuer_records"("grantId");

-- CreateIndex
CREATE INDEX "issuer_records_userCode_idx" ON "issuer_records"("userCode");

-- CreateIndex
CREATE INDEX "issuer_records_uid_idx" ON "issuer_records"("uid");

-- CreateIndex
CREATE INDEX "issuer_records_accountId_idx" ON "issuer_records"("accountId");

-- CreateIndex
CREATE INDEX "issuer_records_expiresAt_idx" ON "issuer_records"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "invitations_tokenHash_key" ON "invitations"("tokenHash");

-- CreateIndex
CREATE INDEX "invitations_tenantId_createdAt_id_idx" ON "invitations"("tenantId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "outbox_messages_completedAt_publishedAt_dueAt_idx" ON "outbox_messages"("completedAt", "publishedAt", "dueAt");

-- CreateIndex
CREATE INDEX "idempotency_keys_createdAt_idx" ON "idempotency_keys"("createdAt");

-- CreateIndex
CREATE INDEX "events_tenantId_id_idx" ON "events"("tenantId", "id");

-- CreateIndex
CREATE INDEX "events_at_idx" ON "events"("at");

-- CreateIndex
CREATE INDEX "network_settings_tenantId_idx" ON "network_settings"("tenantId");

-- CreateIndex
CREATE INDEX "operations_createdAt_id_idx" ON "operations"("createdAt", "id");

-- CreateIndex
CREATE INDEX "operations_tenantId_createdAt_id_idx" ON "operations"("tenantId", "createdAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "image_policies_tenantId_name_key" ON "image_policies"("tenantId", "name");

-- CreateIndex
CREATE INDEX "image_exemptions_policyId_idx" ON "image_exemptions"("policyId");

-- CreateIndex
CREATE INDEX "image_exemptions_tenantId_idx" ON "image_exemptions"("tenantId");

-- CreateIndex
CREATE INDEX "image_verdicts_tenantId_at_id_idx" ON "image_verdicts"("tenantId", "at" DESC, "id");

-- CreateIndex
CREATE INDEX "image_verdicts_policyId_idx" ON "image_verdicts"("policyId");

-- CreateIndex
CREATE INDEX "image_reports_digest_idx" ON "image_reports"("digest");

-- CreateIndex
CREATE INDEX "image_reports_tenantId_createdAt_id_idx" ON "image_reports"("tenantId", "createdAt" DESC, "id");

-- CreateIndex
CREATE UNIQUE INDEX "image_reports_tenantId_digest_key" ON "image_reports"("tenantId", "digest");

-- CreateIndex
CREATE UNIQUE INDEX "projects_tenantId_name_key" ON "projects"("tenantId", "name");

-- CreateIndex
CREATE INDEX "quota_limits_tenantId_idx" ON "quota_limits"("tenantId");

-- CreateIndex
CREATE INDEX "quota_limits_parentId_idx" ON "quota_limits"("parentId");

-- CreateIndex
CREATE INDEX "quota_settings_tenantId_idx" ON "quota_settings"("tenantId");

-- CreateIndex
CREATE INDEX "quota_counters_tenantId_idx" ON "quota_counters"("tenantId");

-- CreateIndex
CREATE INDEX "quota_claims_tenantId_projectId_idx" ON "quota_claims"("tenantId", "projectId");

-- CreateIndex
CREATE INDEX "quota_claims_environmentId_idx" ON "quota_claims"("environmentId");

-- CreateIndex
CREATE INDEX "quota_grants_tenantId_createdAt_idx" ON "quota_grants"("tenantId", "createdAt");

-- CreateIndex
CREATE INDEX "quota_grants_endedAt_expiresAt_idx" ON "quota_grants"("endedAt", "expiresAt");

-- CreateIndex
CREATE INDEX "quota_waits_state_createdAt_idx" ON "quota_waits"("state", "createdAt");

-- CreateIndex
CREATE INDEX "quota_waits_tenantId_createdAt_idx" ON "quota_waits"("tenantId", "createdAt");

-- CreateIndex
CREATE INDEX "quota_samples_tenantId_at_idx" ON "quota_samples"("tenantId", "at");

-- CreateIndex
CREATE UNIQUE INDEX "releases_applicationId_number_key" ON "releases"("applicationId", "number");

-- CreateIndex
CREATE INDEX "registry_manifests_tenantId_idx" ON "registry_manifests"("tenantId");

-- CreateIndex
CREATE INDEX "requests_createdAt_id_idx" ON "requests"("createdAt", "id");

-- CreateIndex
CREATE INDEX "requests_state_createdAt_id_idx" ON "requests"("state", "createdAt", "id");

-- CreateIndex
CREATE INDEX "requests_tenantId_createdAt_id_idx" ON "requests"("tenantId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "requests_requesterId_createdAt_id_idx" ON "requests"("requesterId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "requests_requesterId_kind_subject_state_idx" ON "requests"("requesterId", "kind", "subject", "state");

-- CreateIndex
CREATE INDEX "request_decisions_requestId_createdAt_idx" ON "request_decisions"("requestId", "createdAt");

-- CreateIndex
CREATE INDEX "approval_policies_kind_tenantId_idx" ON "approval_policies"("kind", "tenantId");

-- CreateIndex
CREATE UNIQUE INDEX "approval_policies_tenantId_name_key" ON "approval_policies"("tenantId", "name");

-- CreateIndex
CREATE INDEX "delegations_toUserId_endsAt_idx" ON "delegations"("toUserId", "endsAt");

-- CreateIndex
CREATE INDEX "delegations_fromUserId_idx" ON "delegations"("fromUserId");

-- CreateIndex
CREATE INDEX "notifications_userId_createdAt_id_idx" ON "notifications"("userId", "createdAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "notifications_userId_key_key" ON "notifications"("userId", "key");

-- CreateIndex
CREATE INDEX "rollouts_applicationId_createdAt_idx" ON "rollouts"("applicationId", "createdAt");

-- CreateIndex
CREATE INDEX "rollouts_environmentId_applicationId_createdAt_idx" ON "rollouts"("environmentId", "applicationId", "createdAt");

-- CreateIndex
CREATE INDEX "rollout_transitions_rolloutId_at_id_idx" ON "rollout_transitions"("rolloutId", "at", "id");

-- CreateIndex
CREATE INDEX "uploads_applicationId_createdAt_idx" ON "uploads"("applicationId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "tenants_name_key" ON "tenants"("name");

-- CreateIndex
CREATE INDEX "trains_projectId_createdAt_idx" ON "trains"("projectId", "createdAt");

-- CreateIndex
CREATE INDEX "trains_environmentId_state_idx" ON "trains"("environmentId", "state");

-- CreateIndex
CREATE UNIQUE INDEX "trains_projectId_name_key" ON "trains"("projectId", "name");

-- AddForeignKey
ALTER TABLE "roles" ADD CONSTRAINT "roles_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_bindings" ADD CONSTRAINT "role_bindings_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_bindings" ADD CONSTRAINT "role_bindings_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_bindings" ADD CONSTRAINT "role_bindings_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_bindings" ADD CONSTRAINT "role_bindings_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_bindings" ADD CONSTRAINT "role_bindings_roleId_fkey" FOREIGN KEY ("roleId") REFERENCES "roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "applications" ADD CONSTRAINT "applications_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placements" ADD CONSTRAINT "placements_applicationId_fkey" FOREIGN KEY ("applicationId") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placements" ADD CONSTRAINT "placements_environmentId_fkey" FOREIGN KEY ("environmentId") REFERENCES "environments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placements" ADD CONSTRAINT "placements_releaseId_fkey" FOREIGN KEY ("releaseId") REFERENCES "releases"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_matches" ADD CONSTRAINT "audit_matches_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "audit_rules"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_alerts" ADD CONSTRAINT "audit_alerts_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "audit_rules"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_streams" ADD CONSTRAINT "audit_streams_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blueprints" ADD CONSTRAINT "blueprints_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blueprint_versions" ADD CONSTRAINT "blueprint_versions_blueprintId_fkey" FOREIGN KEY ("blueprintId") REFERENCES "blueprints"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "builds" ADD CONSTRAINT "builds_applicationId_fkey" FOREIGN KEY ("applicationId") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "config_versions" ADD CONSTRAINT "config_versions_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "config_versions" ADD CONSTRAINT "config_versions_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "config_versions" ADD CONSTRAINT "config_versions_environmentId_fkey" FOREIGN KEY ("environmentId") REFERENCES "environments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "config_versions" ADD CONSTRAINT "config_versions_placementId_fkey" FOREIGN KEY ("placementId") REFERENCES "placements"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "domains" ADD CONSTRAINT "domains_placementId_fkey" FOREIGN KEY ("placementId") REFERENCES "placements"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "domain_certificates" ADD CONSTRAINT "domain_certificates_domainId_fkey" FOREIGN KEY ("domainId") REFERENCES "domains"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "domain_seeds" ADD CONSTRAINT "domain_seeds_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "drifts" ADD CONSTRAINT "drifts_placementId_fkey" FOREIGN KEY ("placementId") REFERENCES "placements"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "environments" ADD CONSTRAINT "environments_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "personal_tokens" ADD CONSTRAINT "personal_tokens_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "personal_tokens" ADD CONSTRAINT "personal_tokens_impersonatorId_fkey" FOREIGN KEY ("impersonatorId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "robots" ADD CONSTRAINT "robots_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "robots" ADD CONSTRAINT "robots_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "second_factors" ADD CONSTRAINT "second_factors_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "network_settings" ADD CONSTRAINT "network_settings_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "network_settings" ADD CONSTRAINT "network_settings_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_policies" ADD CONSTRAINT "image_policies_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_exemptions" ADD CONSTRAINT "image_exemptions_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES "image_policies"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_exemptions" ADD CONSTRAINT "image_exemptions_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_verdicts" ADD CONSTRAINT "image_verdicts_policyId_fkey" FOREIGN KEY ("policyId") REFERENCES "image_policies"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_verdicts" ADD CONSTRAINT "image_verdicts_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_reports" ADD CONSTRAINT "image_reports_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "releases" ADD CONSTRAINT "releases_applicationId_fkey" FOREIGN KEY ("applicationId") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "registry_manifests" ADD CONSTRAINT "registry_manifests_applicationId_fkey" FOREIGN KEY ("applicationId") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "request_decisions" ADD CONSTRAINT "request_decisions_requestId_fkey" FOREIGN KEY ("requestId") REFERENCES "requests"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delegations" ADD CONSTRAINT "delegations_fromUserId_fkey" FOREIGN KEY ("fromUserId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delegations" ADD CONSTRAINT "delegations_toUserId_fkey" FOREIGN KEY ("toUserId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollouts" ADD CONSTRAINT "rollouts_applicationId_fkey" FOREIGN KEY ("applicationId") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollouts" ADD CONSTRAINT "rollouts_environmentId_fkey" FOREIGN KEY ("environmentId") REFERENCES "environments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollout_transitions" ADD CONSTRAINT "rollout_transitions_rolloutId_fkey" FOREIGN KEY ("rolloutId") REFERENCES "rollouts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_applicationId_fkey" FOREIGN KEY ("applicationId") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trains" ADD CONSTRAINT "trains_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trains" ADD CONSTRAINT "trains_environmentId_fkey" FOREIGN KEY ("environmentId") REFERENCES "environments"("id") ON DELETE CASCADE ON UPDATE CASCADE;
