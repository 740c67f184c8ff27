# shellcheck shell=bash
# Long-lived processes by pidfile. A pidfile holds "pid start-time", the second from /proc, so that a number that the
# kernel has given to somebody else since is never signalled. Sourced after ground.sh.

# The start time of a process in clock ticks since boot; empty when there is none. The name (field 2) may hold blanks
# and brackets: count behind the last one.
process_started_at() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    read -r -a fields <<<"${stat##*) }"
    [[ ${fields[0]} == Z ]] || printf '%s' "${fields[19]}"
}

# The pid of the process that the pidfile speaks of, if it still lives; else nothing, with status 1.
process_pid() {
    local pid at
    read -r pid at 2>/dev/null <"$1" || return 1
    [[ -n $pid && -n $at && $(process_started_at "$pid") == "$at" ]] || return 1
    printf '%s' "$pid"
}

# process_start USER PIDFILE LOG COMMAND…: starts it as USER, off this terminal, its output added to LOG.
process_start() {
    local user=$1 pidfile=$2 log=$3 pid
    shift 3
    # A log that has grown large is put aside once, so that the folder stays bounded.
    if [[ -f $log && $(stat -c %s "$log") -gt 67108864 ]]; then mv -f "$log" "$log.1"; fi
    (
        umask 0077
        exec </dev/null >>"$log" 2>&1
        user_exec "$user" setsid "$@"
    ) 9>&- &
    pid=$!
    disown "$pid" 2>/dev/null || true
    printf '%s %s\n' "$pid" "$(process_started_at "$pid")" >"$pidfile"
}

# process_stop PIDFILE SIGNAL SECONDS: asks with SIGNAL, waits, at last uses KILL. Nothing to do is fine.
process_stop() {
    local pidfile=$1 signal=$2 tenths=$(($3 * 10)) pid
    if pid=$(process_pid "$pidfile"); then
        kill -s "$signal" "$pid" 2>/dev/null || true
        while ((tenths-- > 0)) && process_pid "$pidfile" >/dev/null; do sleep 0.1; done
        if process_pid "$pidfile" >/dev/null; then
            warn "process $pid did not leave in time, killing it"
            kill -s TERM "$pid" 2>/dev/null || true
            sleep 1
            process_pid "$pidfile" >/dev/null && kill -s KILL "$pid" 2>/dev/null
        fi
    fi
    rm -f "$pidfile"
}

# Does something accept connections on ADDRESS PORT?
port_is_taken() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }
