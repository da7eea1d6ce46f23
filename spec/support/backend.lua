--- The serial backend that the specs use: `DFOTA_TEST_BACKEND`, default `tty`. With
-- `libserialport` the shim must be preloaded (spec/support/sysfs_shim.c), because the ports are ptys.
return os.getenv("DFOTA_TEST_BACKEND") or "tty"
