-- Which step is repeated, how often, and after what pause. Edit it as your site needs it.
--
--   times     how often the step is tried in total (1: never repeated); --retries N makes it N + 1 for all steps
--   pause_s   seconds before the second try
--   backoff   factor from each pause to the next (1: always the same); a pause is at most an hour
--
-- A step of your own flow needs a row here with own = true.
-- AT+QFOTADL does not belong here: it is sent at most once per run, and nothing after it is repeated. A row for it
-- is refused.
return {
  sync     = { times = 1, pause_s = 1,  backoff = 1 },  -- find the module, sync_timeout_s per try
  query    = { times = 3, pause_s = 1,  backoff = 1 },  -- query identity, supply, signal, storage
  register = { times = 3, pause_s = 10, backoff = 2 },  -- wait for the network
  pdp      = { times = 3, pause_s = 10, backoff = 3 },  -- deactivate and activate the PDP context
  upload   = { times = 3, pause_s = 5,  backoff = 1 },  -- delete the partial file and upload again
  read     = { times = 3, pause_s = 5,  backoff = 1 },  -- read a file back from the module
}
