# Runs a server until its owner closes standard input.
# Arguments: the directory to delete afterwards (may be empty), then the server's command.
trap '' HUP INT
cd /
remove=$1
shift
exec 3<&0

"$@" </dev/null 2>&1 3<&- &
server=$!

# Reads until the owner closes the pipe, or is killed; then starts a fast shutdown, and an immediate one after 10 s.
(
    exec >/dev/null
    read -r _ <&3
    trap '' USR1
    kill -INT "$server"
    tries=0
    while kill -0 "$server"; do
        tries=$((tries + 1))
        [ "$tries" -eq 200 ] && kill -QUIT "$server"
        sleep 0.05
    done
    exit 0
) &
reader=$!

wait "$server"
status=$?
# Stops the reader if it is still reading, that is, if the server exited on its own.
kill -USR1 "$reader"
if wait "$reader" && [ -n "$remove" ]; then
    rm -rf -- "$remove"
fi
exit "$status"
