-- Loaded by busted before any spec (see .busted). Between two spec files busted forgets the modules
-- that were loaded since, and luv loaded a second time crashes: its event loop went with the first.
require "luv"
