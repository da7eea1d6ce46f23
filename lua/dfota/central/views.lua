--- The centre's second layout: what people and dashboards read, and the brake.
--
-- The views show what their reader may see: an operator everything, a gateway its own rows.
-- @module dfota.central.views

-- Several gateways may tell of one update, out of merged journals: the telling that is furthest counts.
local ROWS = [[
CREATE VIEW dfota.every_update WITH (security_invoker = true) AS
  SELECT DISTINCT ON (id) * FROM dfota.updates
  ORDER BY id, dfota.state_of(triggered, finished, outcome) DESC, finished DESC NULLS LAST, gateway;
CREATE VIEW dfota.latest_of_run WITH (security_invoker = true) AS
  SELECT DISTINCT ON (run, module) *,
    CASE
      WHEN outcome IN ('updated', 'already_current') THEN 'updated'
      WHEN triggered IS NOT NULL AND finished IS NULL THEN 'open'
      WHEN finished IS NULL THEN 'begun'
      WHEN outcome = 'unknown' THEN 'unknown'
      WHEN outcome = 'checked' THEN 'checked'
      WHEN rc IN (75, 130) THEN 'again'
      ELSE 'failed' END AS state
  FROM dfota.updates WHERE run IS NOT NULL
  ORDER BY run, module, started DESC NULLS LAST, dfota.state_of(triggered, finished, outcome) DESC, gateway;
]]

local VIEWS = [[
CREATE VIEW dfota.who_runs_what WITH (security_invoker = true) AS
  SELECT DISTINCT ON (imei) imei, model, revision, gateway, host, port, baud, seen
  FROM dfota.modules ORDER BY imei, seen DESC NULLS LAST, gateway;
CREATE VIEW dfota.wear WITH (security_invoker = true) AS
  SELECT imei, max(model) AS model, count(DISTINCT id) AS updates_seen, min(triggered) AS first, max(triggered) AS last
  FROM dfota.updates
  WHERE imei IS NOT NULL AND triggered IS NOT NULL AND (refused IS NULL OR refused <> 1)
  GROUP BY imei;
CREATE VIEW dfota.progress WITH (security_invoker = true) AS
  SELECT coalesce(r.run, l.run) AS run, coalesce(r.stop, false) AS stop, r.max_fail,
    count(l.module) AS modules,
    count(*) FILTER (WHERE l.state = 'updated') AS updated,
    count(*) FILTER (WHERE l.state IN ('failed', 'unknown')) AS failed,
    count(*) FILTER (WHERE l.state = 'unknown') AS unknown,
    count(*) FILTER (WHERE l.state IN ('begun', 'open')) AS running,
    count(*) FILTER (WHERE l.state = 'again') AS again,
    count(DISTINCT l.gateway) AS gateways, min(l.started) AS first, max(l.received) AS last
  FROM dfota.runs AS r FULL JOIN dfota.latest_of_run AS l ON l.run = r.run
  GROUP BY coalesce(r.run, l.run), r.stop, r.max_fail;
CREATE VIEW dfota.open_outcomes WITH (security_invoker = true) AS
  SELECT id, run, imei, model, gateway, host, port, rev_from, rev_to, triggered, outcome, doubt, message, received
  FROM dfota.every_update
  WHERE triggered IS NOT NULL AND dfota.state_of(triggered, finished, outcome) < 3;
]]

-- Over all gateways, although the one that asks sees only its own rows: so it runs with its owner's rights, and says
-- nothing but whether to go on. A percentage is of those that ended, once `least` have.
local BRAKE = [[
CREATE FUNCTION dfota.brake(of_run text) RETURNS TABLE (known boolean, stop boolean, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = dfota, pg_temp AS $$
DECLARE
  r dfota.runs;
  failed bigint;
  ended bigint;
  number integer;
BEGIN
  SELECT * INTO r FROM dfota.runs WHERE run = of_run;
  IF NOT FOUND THEN RETURN QUERY SELECT false, false, NULL::text; RETURN; END IF;
  IF r.stop THEN RETURN QUERY SELECT true, true, 'stop'; RETURN; END IF;
  IF r.max_fail IS NULL THEN RETURN QUERY SELECT true, false, NULL::text; RETURN; END IF;
  SELECT count(*) FILTER (WHERE state IN ('failed', 'unknown')),
    count(*) FILTER (WHERE state IN ('failed', 'unknown', 'updated'))
    INTO failed, ended FROM dfota.latest_of_run WHERE run = of_run;
  number := rtrim(r.max_fail, '%');
  RETURN QUERY SELECT true, over,
    CASE WHEN over THEN format('max_fail %s: %s of %s failed', r.max_fail, failed, ended) END
    FROM (SELECT CASE WHEN r.max_fail LIKE '%\%' THEN ended >= r.least AND failed * 100 > number * ended
      ELSE failed > number END AS over) AS decided;
END $$;
REVOKE EXECUTE ON FUNCTION dfota.brake(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dfota.brake(text) TO dfota_gateway, dfota_operator;
GRANT SELECT ON dfota.every_update, dfota.latest_of_run, dfota.who_runs_what, dfota.wear, dfota.progress,
  dfota.open_outcomes TO dfota_operator, dfota_gateway;
]]

return { ROWS, VIEWS, BRAKE }
