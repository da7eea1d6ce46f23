--- The serial backend that the specs are to use: `DFOTA_TEST_BACKEND`, `tty` if it is not set. With
-- `libserialport` the shim must be preloaded (spec/support/sysfs_shim.c), for the ports are ptys.
return os.getenv("DFOTA_TEST_BACKEND") or "tty"
