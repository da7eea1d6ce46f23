-- Loaded by busted before any spec (see .busted). Between two spec files busted forgets the modules
-- that were loaded since, and luv loaded a second time crashes: its event loop was closed with the first.
require "luv"
