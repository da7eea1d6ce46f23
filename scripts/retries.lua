-- Which step is repeated, how often, and after which pause. Edit it as your site needs it.
--
--   times     how often the step is tried in all (1: never repeated); --retries N makes it N + 1 for all
--   pause_s   seconds before the second try
--   backoff   each further pause is this many times the one before (1: always the same), at most an hour
--
-- A step of a flow of your own has a row with own = true beside these.
-- AT+QFOTADL is not in this table and never will be: it is sent at most once in a run. Neither is anything
-- after it. A row for it is refused.
return {
  sync     = { times = 1, pause_s = 1,  backoff = 1 },  -- look for the module, sync_timeout_s each time
  query    = { times = 3, pause_s = 1,  backoff = 1 },  -- ask for identity, supply, signal, storage
  register = { times = 3, pause_s = 10, backoff = 2 },  -- wait for the network
  pdp      = { times = 3, pause_s = 10, backoff = 3 },  -- put the PDP context down and up again
  upload   = { times = 3, pause_s = 5,  backoff = 1 },  -- delete the partial file and upload again
}
