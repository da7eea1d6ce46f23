--- Named sets of switches. Switches given besides `profile` override it.
local profiles = {}

profiles.default = {}

--- The published SDK of the chip (RDA8955_W17.44_IDH) that the MC65 is built on, with its own AT engine and its own
-- loader. Quectel's build may differ a lot: this profile is for trying the tool, and proves nothing about an MC65.
profiles.rda = {
  ati = "bare", cgmr = "bare", gmr = "bare", cmee = 1, ipr_rates = "rda", errors = "rda", cme_blank = false,
  line_limit = 5120, line_overflow = "drop", poll_s = 0.015, lf_wait_s = 0.02, echo_chatter = 0.02,
  command_limit_s = 40, cbc = "two", cpin_blank = false, boot_text = "rda",
  ufs_size = 417792, stall_every = 65536, name_limit = 31, pack_max = 327680, magic = true,
  wrong_source = "command", bad_package = "command",
  spelling = "rda", lost = "start+updating+end", loader_fails = "again",
}

return profiles
