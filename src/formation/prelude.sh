PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# The processes of this host (not of containers on it) that have this name.
processes() {
  own=$(readlink /proc/self/ns/pid)
  for comm in $(grep -lx "$1" /proc/[0-9]*/comm 2>/dev/null); do
    process=${comm%/comm}
    if [ "$(readlink "$process/ns/pid")" = "$own" ]; then echo "${process#/proc/}"; fi
  done
}
# Node daemons, as opposed to other commands of quorate that run just now.
daemons() {
  for process in $(processes quorate); do
    case $(tr '\0' ' ' <"/proc/$process/cmdline" 2>/dev/null) in *" daemon "*) echo "$process" ;; esac
  done
}
