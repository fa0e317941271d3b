-- Tenants as strangers. A session names in `slipway.tenant` whose rows it works on: a tenant's id, or '*' for the platform's
-- own work. One that names nothing finds nothing. Policies hold for the owner of the tables as well.

-- Puts the policies on every table with a tenantId; run after each migration, so that no new table is without.
CREATE FUNCTION slipway_wall_tenants() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  -- Rows of no tenant here are for all to read: what the platform gives to everybody.
  common CONSTANT text[] := ARRAY['roles', 'role_bindings', 'blueprints', 'blueprint_versions', 'approval_policies', 'image_policies', 'image_exemptions',
    'image_reports', 'freezes'];
  -- The setting is read once a statement (a subquery), not once a row. CASE keeps the planner from counting the policy as a second
  -- filter by tenant beside the query's own: it would expect almost no rows and sort where an index gives the order.
  mine CONSTANT text := $q$(CASE (SELECT current_setting('slipway.tenant', true)) WHEN '*' THEN true
    ELSE coalesce("tenantId" = (SELECT CASE WHEN current_setting('slipway.tenant', true) ~ '^[0-9a-f-]{36}$'
      THEN current_setting('slipway.tenant', true)::uuid END), false) END)$q$;
  entry record;
BEGIN
  FOR entry IN
    SELECT c.relname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attname = 'tenantId' AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
      AND c.relnamespace = current_schema()::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', entry.name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', entry.name);
    EXECUTE format('DROP POLICY IF EXISTS slipway_tenant ON %I', entry.name);
    EXECUTE format('DROP POLICY IF EXISTS slipway_common ON %I', entry.name);
    EXECUTE format('CREATE POLICY slipway_tenant ON %I USING (%s) WITH CHECK (%s)', entry.name, mine, mine);
    IF entry.name = ANY (common) THEN
      EXECUTE format(
        'CREATE POLICY slipway_common ON %I FOR SELECT USING ("tenantId" IS NULL AND coalesce(current_setting(''slipway.tenant'', true), '''') <> '''')',
        entry.name);
    END IF;
  END LOOP;
END $$;
