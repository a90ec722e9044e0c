#!/usr/bin/env bash
# Builds and lints every template under infra/ with the real Bicep compiler, formats included, and compares what each
# sample deployment (expected/*.bicepparam) evaluates to with the snapshot beside it. A warning is a failure.
#
#   infra/compile.sh              check
#   infra/compile.sh --update     write the expected snapshots anew (read the diff before you commit it)
#   infra/compile.sh --optional   exit 0, after saying so, where no compiler can be had
#
# The compiler: "bicep" on the PATH, or the NuGet package of it, fetched once with the .NET SDK into .local/bicep/.
set -euo pipefail

VERSION="0.49.2"
INFRA="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
CACHE="$INFRA/../.local/bicep"

update=false
optional=false
for argument in "$@"; do
  case "$argument" in
    --update) update=true ;;
    --optional) optional=true ;;
    *) echo "compile.sh: unknown argument $argument" >&2; exit 2 ;;
  esac
done

not_compiled() {
  echo "NOT COMPILED: $1"
  if $optional; then exit 0; else exit 1; fi
}

# The name of the package for this machine, or nothing.
package_name() {
  local os arch
  case "$(uname -s)" in Linux) os=linux ;; Darwin) os=osx ;; *) return ;; esac
  case "$(uname -m)" in x86_64) arch=x64 ;; aarch64 | arm64) arch=arm64 ;; *) return ;; esac
  echo "Azure.Bicep.CommandLine.$os-$arch"
}

# A project without code is enough to make the SDK fetch a package, from whatever source this machine is set up for.
fetch() {
  local package="$1"
  mkdir -p "$CACHE"
  cat > "$CACHE/fetch.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <RestorePackagesPath>\$(MSBuildProjectDirectory)/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="$package" Version="[$VERSION]" />
  </ItemGroup>
</Project>
EOF
  # No build server stays behind.
  MSBUILDDISABLENODEREUSE=1 dotnet restore "$CACHE/fetch.csproj" > "$CACHE/restore.log" 2>&1
}

if command -v bicep > /dev/null; then
  bicep="$(command -v bicep)"
else
  package="$(package_name)"
  [ -n "$package" ] || not_compiled "no bicep on the PATH, and no package of it for $(uname -s) $(uname -m)."
  bicep="$CACHE/packages/$(echo "$package" | tr '[:upper:]' '[:lower:]')/$VERSION/tools/bicep"
  if [ ! -f "$bicep" ]; then
    command -v dotnet > /dev/null || not_compiled "neither bicep nor dotnet is on the PATH."
    echo "fetching $package $VERSION with the .NET SDK"
    if ! fetch "$package"; then
      tail -n 5 "$CACHE/restore.log"
      not_compiled "the .NET SDK could not fetch $package $VERSION."
    fi
  fi
  chmod +x "$bicep"
fi
# The compiler needs no language data, and machines without the ICU library are common.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
version="$("$bicep" --version)"
echo "$version"

out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
failed=0

# Runs a step; what it prints to either stream is a finding, whatever its exit code.
silent() {
  local name="$1"
  shift
  if "$@" > "$out/said" 2>&1 && [ ! -s "$out/said" ]; then
    echo "ok    $name"
  else
    echo "FAIL  $name"
    sed "s|$INFRA/||g; s/^/      /" "$out/said"
    failed=1
  fi
}

# A pattern that matches nothing would be silent too, so each file must have left its template.
built() {
  "$bicep" build --pattern '**/*.bicep' --outdir "$out/built"
  local file
  while read -r file; do
    [ -s "$out/built/${file%.bicep}.json" ] || echo "$file was not built"
  done < <(find . -name '*.bicep')
}

# The formatter writes in place, so it works on a copy.
formatted() {
  cp -R "$INFRA" "$out/formatted"
  (cd "$out/formatted" && "$bicep" format --pattern '**/*.bicep')
  diff -r "$INFRA" "$out/formatted"
}

cd "$INFRA"
echo "      $(find . -name '*.bicep' | sort | tr '\n' ' ')"
# A build lints too: what the linter finds is printed, and so is a failure.
silent "build and lint" built
silent "format" formatted

# What modules/checks.bicep makes of good and bad values (expected/checks.console), asked of the compiler's console. It takes
# a function only as one line, without what stands above it.
checked() {
  {
    awk 'BEGIN { RS = "" } { gsub(/(^|\n)\/\/[^\n]*/, ""); gsub(/@[a-z]+\([^\n]*\)\n/, ""); gsub(/\n */, " ") } /^ ?func / { print }' modules/checks.bicep
    cat expected/checks.console
  } | "$bicep" console 2>&1 | sed -E 's/^~+ Failed to evaluate expression ".*\)": /  refused: /; s/ +$//'
}
compare_checks() { checked | diff expected/checks.said -; }
write_checks() { checked > expected/checks.said; }

# One compiler for all samples; npx takes the Node of node_modules, which reads TypeScript.
snapshots() {
  find . -path '*/expected/*.bicepparam' | sort | xargs npx --no node evaluate.ts "$bicep" "$1" || failed=1
}

if $update; then
  silent "write   expected/checks.said" write_checks
  snapshots update
elif [[ "$version" == *" $VERSION "* ]]; then
  silent "compare expected/checks.said" compare_checks
  snapshots check
else
  echo "NOT COMPARED: the snapshots were written by $VERSION; another version may word them differently."
fi

if [ "$failed" -eq 0 ]; then echo "infra: compiled, no findings"; else echo "infra: findings, see above"; fi
exit "$failed"
