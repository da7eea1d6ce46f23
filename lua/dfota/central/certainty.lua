--- The centre's third layout: which revision a module runs is not certain after a trigger whose end is not known.
-- The same rule as in one ledger (`dfota.ledger.reading`), over the updates of all gateways.
-- @module dfota.central.certainty

-- Open updates are few: they are found by this.
local INDEX = [[
CREATE INDEX updates_open ON dfota.updates (imei, started)
  WHERE triggered IS NOT NULL AND dfota.state_of(triggered, finished, outcome) < 3;
]]

-- Another gateway may know the end. A later reading makes the revision known again; where a stage was reported that
-- nobody knows, the source firmware does not: the module may be about to update itself.
local VIEW = [[
CREATE OR REPLACE VIEW dfota.who_runs_what WITH (security_invoker = true) AS
  SELECT m.imei, m.model, CASE WHEN o.imei IS NULL THEN m.revision END AS revision, m.gateway, m.host, m.port, m.baud,
    m.seen, m.revision AS last_revision
  FROM (SELECT DISTINCT ON (imei) * FROM dfota.modules ORDER BY imei, seen DESC NULLS LAST, gateway) AS m
  LEFT JOIN (
    SELECT DISTINCT u.imei FROM dfota.updates AS u
    WHERE u.triggered IS NOT NULL AND dfota.state_of(u.triggered, u.finished, u.outcome) < 3
      AND NOT EXISTS (SELECT 1 FROM dfota.updates AS e
        WHERE e.id = u.id AND dfota.state_of(e.triggered, e.finished, e.outcome) = 3)
      AND NOT EXISTS (SELECT 1 FROM dfota.updates AS l
        WHERE l.module = u.imei AND l.started > u.started AND coalesce(l.rev_after, l.rev_from) IS NOT NULL
          AND (u.doubt IS NULL OR coalesce(l.rev_after, l.rev_from) <> u.rev_from))
  ) AS o ON o.imei = m.imei;
]]

return { INDEX, VIEW }
