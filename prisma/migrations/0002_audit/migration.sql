-- What the models cannot say of the audit log.

-- The sealer's queue: rows that are not sealed yet.
CREATE INDEX "audit_events_unsealed" ON "audit_events" ("at", "id") WHERE "position" IS NULL;

-- Search by the beginning of an action and of a path: ranges of bytes, which are leakproof.
CREATE INDEX "audit_events_action" ON "audit_events" ("action" text_pattern_ops, "at");
-- What lies under a path is found in the index alone: its rows lie all over the table, and only a page of them is read.
CREATE INDEX "audit_events_resource" ON "audit_events" ("resource" text_pattern_ops, "at") INCLUDE ("id", "tenantId");

-- What was refused or failed is little among much, of one person as of one tenant.
CREATE INDEX "audit_events_refused_actor" ON "audit_events" ("actor", "at", "id") WHERE "outcome" <> 'success';
CREATE INDEX "audit_events_refused_tenant" ON "audit_events" ("tenantId", "at", "id") WHERE "outcome" <> 'success';

-- Search within the path of what was changed. Trigrams stop at signs, and then `t-5/projects` has the same as `projects/5-t`: with letters
-- in the place of signs they go on, and few paths have those of a text without holding it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX "audit_paths_trgm" ON "audit_paths" USING gin (translate("path", '/-.:_', 'zqxyw') gin_trgm_ops);

-- A row is written once and sealed once. It leaves only with the beginning of its chain, after the chain's row has said so
-- and holds the signed stub (retention).
CREATE FUNCTION slipway_audit_events_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  seals CONSTANT text[] := ARRAY['seq', 'prevHash', 'hash', 'position'];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD."position" IS NULL AND NEW."position" IS NOT NULL AND to_jsonb(NEW) - seals = to_jsonb(OLD) - seals THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_events is append-only: row % cannot be changed', OLD."id" USING ERRCODE = '42501';
  END IF;
  IF OLD."seq" IS NOT NULL AND EXISTS (
    SELECT 1 FROM "audit_chains" WHERE "id" = OLD."chain" AND "removedSeq" >= OLD."seq" AND "stub" IS NOT NULL
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only: row % cannot be deleted', OLD."id" USING ERRCODE = '42501';
END $$;

CREATE FUNCTION slipway_audit_truncate_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE TRIGGER "audit_events_guard" BEFORE UPDATE OR DELETE ON "audit_events"
  FOR EACH ROW EXECUTE FUNCTION slipway_audit_events_guard();
CREATE TRIGGER "audit_events_truncate" BEFORE TRUNCATE ON "audit_events"
  FOR EACH STATEMENT EXECUTE FUNCTION slipway_audit_truncate_guard();

-- A checkpoint is never changed; one that retention has passed may go.
CREATE FUNCTION slipway_audit_checkpoints_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT 1 FROM "audit_chains" WHERE "id" = OLD."chain" AND "removedSeq" >= OLD."seq" AND "stub" IS NOT NULL
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit_checkpoints is append-only' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER "audit_checkpoints_guard" BEFORE UPDATE OR DELETE ON "audit_checkpoints"
  FOR EACH ROW EXECUTE FUNCTION slipway_audit_checkpoints_guard();
CREATE TRIGGER "audit_checkpoints_truncate" BEFORE TRUNCATE ON "audit_checkpoints"
  FOR EACH STATEMENT EXECUTE FUNCTION slipway_audit_truncate_guard();
