# dfota: what can be typed. `make help` lists it.

# Always Lua 5.4 by its own name: where luarocks or lua-check is installed, plain `lua` is 5.1.
LUA     = lua5.4
CFLAGS ?= -O2 -g

STRICT  = -std=c11 -Wall -Wextra -pedantic -Wcast-qual -Wshadow -Wundef -Wwrite-strings \
          -Wmissing-prototypes -Wstrict-prototypes
# Asked for when a recipe runs, not before: `make demo` installs pkg-config first.
PKG_CFLAGS = $(shell pkg-config --cflags lua5.4 libserialport)
PKG_LIBS   = $(shell pkg-config --libs libserialport)

SOURCES = $(wildcard core/*.c)
OBJECTS = $(SOURCES:core/%.c=build/obj/%.o)
MODULE  = lua/dfota/core.so

all: $(MODULE)

# Never linked with -llua5.4: the interpreter that loads the module brings Lua.
$(MODULE): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

build/obj/%.o: core/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -fPIC -MMD $(PKG_CFLAGS) -c -o $@ $<

-include $(OBJECTS:.o=.d)

clean:
	rm -rf build $(MODULE)

.PHONY: all clean
