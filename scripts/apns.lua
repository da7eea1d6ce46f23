-- Your own access points, which --apn auto looks up before any database.
--
-- The key is the SIM's home network: MCC and MNC, the first five or six digits of its IMSI (AT+CIMI).
-- It does not matter where the SIM is roaming.
--   apn, user, password   from your SIM's provider; user and password are optional
--   name                  shown to the user
-- Providers that are not listed here are looked up in the Debian package mobile-broadband-provider-info.
return {
  -- China Mobile. "CMNET" is the APN in the DFOTA application note's example, and the modules' default.
  ["46000"] = { apn = "CMNET", name = "China Mobile" },

  -- The test network of ITU-T E.212 (MCC 001, MNC 01): simulated and laboratory SIMs.
  ["00101"] = { apn = "internet", name = "test network" },

  -- Telekom Deutschland, as in mobile-broadband-provider-info; the plain entry for an IPv4 PDP context.
  -- ["26201"] = { apn = "internet.t-mobile", user = "t-mobile", password = "tm", name = "Telekom" },
}
