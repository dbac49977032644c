# Managed by Longhouse (role rabbitmq). has_room.sh FOLDER MIB: fails, and says why, when less is free for the folder.
free=$(df --output=avail --block-size=1M "$1" | tail -n 1) || exit 1
if [ "$free" -lt "$2" ]; then
    echo "<3>Not started: $((free)) MiB free for $1, $2 MiB needed. Free some (df -h $1); it starts by itself then."
    exit 1
fi
