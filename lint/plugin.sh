#!/bin/sh
# What buf starts, nine times for each module that it lints. But for one call it asks the same questions
# each time: their answers lie ready in dist/, for to start Node.js takes longer than all else together.
lint=${0%/*}
dist=$lint/dist

stale() {
  [ -f "$dist/stamp" ] || return 0
  for source in "$lint"/*.ts "$lint"/*/*.ts "$lint"/*/gen/*/*/*.ts "$lint"/*/gen/*/*/*/*/*.ts \
    "$lint/../node_modules/.package-lock.json"; do
    [ "$source" -nt "$dist/stamp" ] && return 0
  done
  return 1
}

if stale; then
  if ! [ -x "$lint/../node_modules/.bin/jiti" ]; then
    echo 'The plugin for our lint rules needs the packages that package.json names. Run: npm ci' >&2
    exit 1
  fi
  (cd "$lint/.." && exec node_modules/.bin/jiti lint/build.ts) </dev/null >&2 || exit 1
fi

# Sets $joined to its arguments without the space between them.
join() {
  IFS=
  joined=$*
  unset IFS
}

# It ends before optimizing its code would pay.
plugin() {
  exec node --no-opt "$dist/plugin.cjs" "$@"
}

answers=$dist/answers/$*
if [ "$*" = --protocol ]; then
  echo 1
elif [ -f "$answers" ]; then
  exec cat "$answers"
elif [ $# -gt 0 ] && [ -d "$answers" ]; then
  request=$(od -An -v -to1)
  # Unquoted here and below: one argument for each byte.
  join $request
  [ -f "$answers/$joined" ] && exec cat "$answers/$joined"
  [ -n "$request" ] && request=$(printf '\\0%s' $request)
  printf %b "$request" | plugin "$@"
else
  plugin "$@"
fi
