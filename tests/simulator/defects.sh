#!/usr/bin/env bash
# Puts each deliberate defect of defects/ into a copy of the tree, and demands that the simulator finds it
# within the number of seeds that the patch names. Arguments: names of patches, without any all of them.
# DEFECTS_TREE keeps the copy, and what was built there, for the next time. CARGO is the command that builds, and
# DEFECTS_PROFILE what is built: `dev` takes less time to build and more to run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../.." && pwd)
tree=${DEFECTS_TREE:-$(mktemp -d)}
[ -n "${DEFECTS_TREE:-}" ] || trap 'rm -rf "$tree"' EXIT
profile=${DEFECTS_PROFILE:-release}
mkdir -p "$tree"
for part in Cargo.toml Cargo.lock clippy.toml src tests benches examples schemas packaging docs; do
  cp -a --update --no-target-directory "$package/$part" "$tree/$part"
done

missed=0
for patch in "$here"/defects/*.patch; do
  name=$(basename "$patch" .patch)
  case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
  seeds=$(sed -n 's/^found within \([0-9]*\) seeds$/\1/p' "$patch")
  patch --quiet --fuzz 0 --directory "$tree" --strip 1 <"$patch"
  # shellcheck disable=SC2086
  test=$(cd "$tree" && ${CARGO:-cargo} test --profile "$profile" --locked --test simulator --no-run 2>&1 |
    tee "$tree/build.log" | sed -n 's/^ *Executable .*(\(.*\))$/\1/p') || true
  found=""
  if [ -n "$test" ]; then
    found=$(cd "$tree" && QUORATE_SIM_SEEDS="0..$seeds" QUORATE_SIM_FIRST=1 "$test" whatever --nocapture 2>&1 |
      sed -n 's/^seed \([0-9]*: .*\)/\1/p' | head -n 1) || true
  else
    tail -n 20 "$tree/build.log"
  fi
  patch --quiet --reverse --directory "$tree" --strip 1 <"$patch"
  if [ -n "$found" ]; then
    printf '%s: seed %s\n' "$name" "$found"
  else
    printf '%s: NOT FOUND within %s seeds\n' "$name" "$seeds"
    missed=$((missed + 1))
  fi
done
exit "$missed"
