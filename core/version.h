#ifndef DFOTA_VERSION_H
#define DFOTA_VERSION_H

/* The version, here and nowhere else: of a tree, a tarball, a rock and a package alike. What has to
   repeat it (rockspec, changelogs, recipes) is held against it by spec/release_spec.lua. */
#define DFOTA_VERSION "0.1.0"

#endif
