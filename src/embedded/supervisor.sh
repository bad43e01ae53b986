# Runs a server for as long as its owner holds the other end of standard input.
# Arguments: the directory to delete once the owner is gone (or nothing), then the server's command.
trap '' HUP INT
cd /
remove=$1
shift
exec 3<&0

"$@" </dev/null 2>&1 3<&- &
server=$!

# Reads until the owner closes its end, which kill -9 does too; then a fast shutdown, and an immediate
# one if that takes too long.
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
# Ends the reader if it still reads, that is, if the server ended by itself.
kill -USR1 "$reader"
if wait "$reader" && [ -n "$remove" ]; then
    rm -rf -- "$remove"
fi
exit "$status"
