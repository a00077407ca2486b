#!/bin/sh
# Checkpoints and ledger, from this folder to the folder DESK_ELSEWHERE, as rsync writes it.
# FILE.copied is what was sent last. A file that begins with it has grown, and replaces its copy; any other
# (the first one, or what a restore began) leaves the former copy there, with the time in its name.
set -eu
for file in checkpoints.jsonl ledger.jsonl; do
    [ -e "$file" ] || continue
    sent="$file.copied"
    cp "$file" "$sent.new"
    if [ -s "$sent" ] && head -c "$(wc -c <"$sent")" "$sent.new" | cmp -s - "$sent"; then
        rsync --checksum "$sent.new" "${DESK_ELSEWHERE%/}/$file"
    else
        rsync --checksum --backup --suffix=".$(date -u +%Y%m%dT%H%M%S.%N)" "$sent.new" "${DESK_ELSEWHERE%/}/$file"
    fi
    mv "$sent.new" "$sent"
done
