# Words that breakages are written in.
set -e

# Put copies of files aside, and bring them back.
keep() {
    for file in "$@"; do
        mkdir -p "$KEPT/$(dirname "$file")"
        cp --archive --no-dereference "$file" "$KEPT/$file"
    done
}
back() {
    for file in "$@"; do
        rm -f "$file"
        cp --archive --no-dereference "$KEPT/$file" "$file"
    done
}

# The colour that serves: colour SERVICE
colour() { basename "$(readlink "/run/longhouse/$1/upstream/00")" .sock; }

# As the store's administrator: redis INSTANCE COMMAND…; amqp EXPRESSION…, each with `channel`
redis() {
    instance=$1
    shift
    REDISCLI_AUTH=$(cat /etc/redis/longhouse-admin) \
        redis-cli -s "/run/redis-$instance/redis.sock" --user longhouse --no-auth-warning "$@"
}
amqp() {
    python3 - "$@" <<'EOF'
import sys

sys.path.insert(0, "/usr/local/lib/longhouse")
from lhctl.layout import Layout
from lhctl.messaging import broker

for expression in sys.argv[1:]:
    with broker.channel(broker.password(Layout())) as channel:
        eval(expression)
EOF
}

# The code of a running service: code SERVICE FILE OLD NEW changes words of it, below site-packages; again SERVICE…
# starts its web unit with what is there; whole SERVICE… brings everything back and starts it again.
packages() { readlink -f /opt/longhouse/"$1"/"$(colour "$1")"/venv/lib/python3*/site-packages; }
code() {
    file=$(packages "$1")/$2
    python3 - "$file" "$3" "$4" <<'EOF'
import os
import shutil
import sys
from pathlib import Path

file, old, new = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
text = file.read_text()
assert old in text, f"{file} does not hold {old}"
# Not in place: releases share files. The compiled file goes, or nobody would look at the source.
for one in (file, *file.parent.glob(f"__pycache__/{file.stem}.*.pyc")):
    kept = one.with_name(f"{one.name}.kept")
    if not kept.exists():
        os.link(one, kept)
changed = file.with_name(f"{file.name}.changed")
shutil.copyfile(file, changed)
changed.write_text(text.replace(old, new, 1))
changed.rename(file)
for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
    compiled.unlink()
EOF
}
again() {
    for service in "$@"; do restart "longhouse-$service@$(colour "$service")"; done
}
whole() {
    for service in "$@"; do
        find "$(packages "$service")/" -name '*.kept' | while read -r kept; do mv -f "$kept" "${kept%.kept}"; done
    done
    again "$@"
}

# However often it was started lately.
restart() {
    systemctl reset-failed "$@"
    systemctl restart "$@"
}

# The edge's configuration: edge FILE SED-EXPRESSION…, and back again: edge_back FILE…
edge() {
    file=/etc/nginx/conf.d/$1
    shift
    keep "$file"
    for expression in "$@"; do
        cp "$file" "$file.before"
        sed -i "$expression" "$file"
        if cmp -s "$file" "$file.before"; then
            rm "$file.before"
            echo "$expression changes nothing in $file" >&2
            return 1
        fi
        rm "$file.before"
    done
    nginx -t -q
    restart nginx
}
edge_back() {
    for name in "$@"; do back "/etc/nginx/conf.d/$name"; done
    restart nginx
}
