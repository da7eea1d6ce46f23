--- The centre's first layout: tables, roles, and how rows get in.
--
-- A gateway is a role of the database, a member of `dfota_gateway`: it adds its own rows, reads and completes its own,
-- and sees no others (row-level security). An operator, a member of `dfota_operator`, reads all of them and changes
-- `runs`. The rules are kept by the server, so that no gateway, however old or broken, can break them:
--
-- * an update has one row per gateway that tells of it, under its id: told twice it is still one
-- * a row goes forward only: begun, triggered, ended and not known how, ended; a later telling of an earlier state,
--   out of a restored journal for instance, changes nothing
-- @module dfota.central.tables

-- Roles belong to the whole server, where another database may have made them already.
local ROLES = [[
DO $$
BEGIN
  CREATE ROLE dfota_gateway NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$
BEGIN
  CREATE ROLE dfota_operator NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
]]

-- `incarnation`: gateways remember what they have shipped under this name. A centre that was restored from a backup
-- gets a new one, and they ship everything again.
local TABLES = [[
CREATE TABLE dfota.centre (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL,
  incarnation uuid NOT NULL DEFAULT gen_random_uuid()
);
CREATE TABLE dfota.runs (
  run text PRIMARY KEY,
  stop boolean NOT NULL DEFAULT false,
  max_fail text CHECK (max_fail ~ '^[0-9]{1,6}%?$'),
  least integer NOT NULL DEFAULT 10 CHECK (least > 0),
  note text,
  registered timestamptz NOT NULL DEFAULT now(),
  registered_by text NOT NULL DEFAULT current_user
);
CREATE TABLE dfota.updates (
  gateway text NOT NULL DEFAULT current_user,
  id text NOT NULL,
  run text, imei text, model text, port text, host text,
  rev_from text, rev_to text, package text, hash text, size bigint, way text, trace text, forced text,
  started timestamptz, triggered timestamptz, finished timestamptz,
  outcome text, rc integer, rev_after text, code integer, refused integer, doubt text, message text, facts text,
  received timestamptz NOT NULL DEFAULT now(),
  module text GENERATED ALWAYS AS
    (coalesce(imei, 'port ' || coalesce(port, '') || ' of ' || coalesce(host, ''))) STORED,
  PRIMARY KEY (gateway, id)
);
CREATE INDEX updates_run ON dfota.updates (run, module, started);
CREATE INDEX updates_module ON dfota.updates (module, started);
CREATE INDEX updates_id ON dfota.updates (id);
CREATE INDEX updates_started ON dfota.updates (started);
CREATE TABLE dfota.steps (
  gateway text NOT NULL DEFAULT current_user,
  update_id text NOT NULL,
  step integer NOT NULL,
  name text, at timestamptz,
  PRIMARY KEY (gateway, update_id, step),
  FOREIGN KEY (gateway, update_id) REFERENCES dfota.updates (gateway, id) ON DELETE CASCADE
);
CREATE TABLE dfota.modules (
  gateway text NOT NULL DEFAULT current_user,
  imei text NOT NULL,
  model text, revision text, port text, host text, baud integer, seen timestamptz,
  PRIMARY KEY (gateway, imei)
);
CREATE INDEX modules_imei ON dfota.modules (imei, seen);
]]

-- The clock of a gateway may go backwards between an end that is not known and the one that settles it: the state
-- counts first, the time only within one state.
local FORWARD = [[
CREATE FUNCTION dfota.state_of(triggered timestamptz, finished timestamptz, outcome text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN finished IS NOT NULL AND (outcome <> 'unknown' OR triggered IS NULL) THEN 3
    WHEN finished IS NOT NULL THEN 2
    WHEN triggered IS NOT NULL THEN 1
    ELSE 0 END
$$;
CREATE FUNCTION dfota.forward_only() RETURNS trigger LANGUAGE plpgsql SET search_path = dfota, pg_temp AS $$
DECLARE
  was integer := dfota.state_of(OLD.triggered, OLD.finished, OLD.outcome);
  becomes integer := dfota.state_of(NEW.triggered, NEW.finished, NEW.outcome);
BEGIN
  IF becomes < was OR becomes = was AND NEW.finished < OLD.finished THEN RETURN NULL; END IF;
  NEW.received := OLD.received;
  NEW.module := OLD.module; -- is worked out again behind this
  IF NEW IS NOT DISTINCT FROM OLD THEN RETURN NULL; END IF;
  NEW.received := now();
  RETURN NEW;
END $$;
CREATE TRIGGER forward_only BEFORE UPDATE ON dfota.updates FOR EACH ROW EXECUTE FUNCTION dfota.forward_only();
]]

-- One call, one transaction. What this layout does not know is passed over; times are seconds since the epoch.
local PUSH = [[
CREATE FUNCTION dfota.push(updates jsonb, modules jsonb) RETURNS integer
LANGUAGE plpgsql SET search_path = dfota, pg_temp AS $$
DECLARE
  stored text[];
BEGIN
  WITH told AS (
    SELECT DISTINCT ON (id) * FROM jsonb_to_recordset(updates) AS u(
      id text, run text, imei text, model text, port text, host text, "from" text, "to" text, package text, hash text,
      size bigint, way text, trace text, forced text, started float8, triggered float8, finished float8, outcome text,
      rc integer, after text, code integer, refused integer, doubt text, message text, facts text)
    WHERE id IS NOT NULL ORDER BY id
  ), put AS (
    INSERT INTO dfota.updates AS old (id, run, imei, model, port, host, rev_from, rev_to, package, hash, size, way,
      trace, forced, started, triggered, finished, outcome, rc, rev_after, code, refused, doubt, message, facts)
    SELECT id, run, imei, model, port, host, "from", "to", package, hash, size, way, trace, forced,
      to_timestamp(started), to_timestamp(triggered), to_timestamp(finished), outcome, rc, after, code, refused, doubt,
      message, facts FROM told
    ON CONFLICT (gateway, id) DO UPDATE SET (run, imei, model, port, host, rev_from, rev_to, package, hash, size, way,
      trace, forced, started, triggered, finished, outcome, rc, rev_after, code, refused, doubt, message, facts)
      = (excluded.run, excluded.imei, excluded.model, excluded.port, excluded.host, excluded.rev_from, excluded.rev_to,
      excluded.package, excluded.hash, excluded.size, excluded.way, excluded.trace, excluded.forced, excluded.started,
      excluded.triggered, excluded.finished, excluded.outcome, excluded.rc, excluded.rev_after, excluded.code,
      excluded.refused, excluded.doubt, excluded.message, excluded.facts)
    RETURNING id
  )
  SELECT array_agg(id) INTO stored FROM put;
  DELETE FROM dfota.steps AS s WHERE s.gateway = current_user AND s.update_id = ANY(stored);
  INSERT INTO dfota.steps (update_id, step, name, at)
    SELECT u->>'id', s.step, s.value->>'name', to_timestamp((s.value->>'at')::float8)
    FROM jsonb_array_elements(updates) AS u, jsonb_array_elements(u->'steps') WITH ORDINALITY AS s(value, step)
    WHERE u->>'id' = ANY(stored) ON CONFLICT DO NOTHING;
  INSERT INTO dfota.modules AS old (imei, model, revision, port, host, baud, seen)
    SELECT m.imei, m.model, m.revision, m.port, m.host, m.baud, to_timestamp(m.seen)
    FROM jsonb_to_recordset(modules) AS m(imei text, model text, revision text, port text, host text, baud integer,
      seen float8)
    WHERE m.imei IS NOT NULL ORDER BY m.imei
    ON CONFLICT (gateway, imei) DO UPDATE SET (model, revision, port, host, baud, seen)
      = (excluded.model, excluded.revision, excluded.port, excluded.host, excluded.baud, excluded.seen)
      WHERE old.seen IS NULL OR excluded.seen > old.seen;
  RETURN coalesce(cardinality(stored), 0);
END $$;
]]

local RIGHTS = [[
ALTER TABLE dfota.updates ENABLE ROW LEVEL SECURITY;
ALTER TABLE dfota.steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE dfota.modules ENABLE ROW LEVEL SECURITY;
ALTER TABLE dfota.runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON dfota.updates TO dfota_gateway USING (gateway = current_user) WITH CHECK (gateway = current_user);
CREATE POLICY own ON dfota.steps TO dfota_gateway USING (gateway = current_user) WITH CHECK (gateway = current_user);
CREATE POLICY own ON dfota.modules TO dfota_gateway USING (gateway = current_user) WITH CHECK (gateway = current_user);
CREATE POLICY every ON dfota.updates FOR SELECT TO dfota_operator USING (true);
CREATE POLICY every ON dfota.steps FOR SELECT TO dfota_operator USING (true);
CREATE POLICY every ON dfota.modules FOR SELECT TO dfota_operator USING (true);
CREATE POLICY every ON dfota.runs TO dfota_operator USING (true) WITH CHECK (true);
CREATE POLICY look ON dfota.runs FOR SELECT TO dfota_gateway USING (true);
CREATE POLICY register ON dfota.runs FOR INSERT TO dfota_gateway
  WITH CHECK (registered_by = current_user AND NOT stop AND max_fail IS NULL);
GRANT USAGE ON SCHEMA dfota TO dfota_gateway, dfota_operator;
GRANT SELECT ON dfota.centre TO dfota_gateway, dfota_operator;
GRANT SELECT, INSERT, UPDATE ON dfota.updates, dfota.modules TO dfota_gateway;
GRANT SELECT, INSERT, DELETE ON dfota.steps TO dfota_gateway;
GRANT SELECT, INSERT ON dfota.runs TO dfota_gateway;
GRANT SELECT ON dfota.updates, dfota.steps, dfota.modules TO dfota_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON dfota.runs TO dfota_operator;
REVOKE EXECUTE ON FUNCTION dfota.push(jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dfota.push(jsonb, jsonb) TO dfota_gateway;
]]

return { ROLES, TABLES, FORWARD, PUSH, RIGHTS }
