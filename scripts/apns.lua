-- Your own access points, looked at before any database when --apn auto is given.
--
-- The key is the SIM's home network: MCC and MNC together, the first five or six digits of its IMSI (AT+CIMI).
-- Where the SIM is roaming does not matter.
--   apn, user, password   as your SIM's provider says; user and password may be left out
--   name                  for people
-- For a provider that is not listed here, the Debian package mobile-broadband-provider-info is asked.
return {
  -- China Mobile. "CMNET" is the APN in the DFOTA application note's example, and the modules' default.
  ["46000"] = { apn = "CMNET", name = "China Mobile" },

  -- The test network of ITU-T E.212 (MCC 001, MNC 01): simulated and laboratory SIMs.
  ["00101"] = { apn = "internet", name = "test network" },

  -- Telekom Deutschland, as in mobile-broadband-provider-info; the plain entry for an IPv4 PDP context.
  -- ["26201"] = { apn = "internet.t-mobile", user = "t-mobile", password = "tm", name = "Telekom" },
}
