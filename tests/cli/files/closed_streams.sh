# SPDX-License-Identifier: MIT
# cron and daemons start programs without standard streams: nothing that is said may get into a file
# that was opened in their place.
. "$CLI/lib.sh"
dcomp eval "$FIX/dense.dcm" --data digits:60 --predictions want.csv -q > out
for closed in '<&-' '2>&-' '<&- 2>&-' '>/dev/null 2>&- <&-'; do
    eval "dcomp eval $FIX/dense.dcm --data digits:60 --predictions p.csv -f --progress always \
        2> err $closed" > out
    same p.csv want.csv
done
# What is to be printed and cannot be is an error, as before.
got=0
dcomp eval "$FIX/dense.dcm" --data digits:60 --predictions p.csv -f >&- 2> err || got=$?
[ $got = 4 ] || { echo "exit $got"; cat err; }
same p.csv want.csv
got=0
dcomp verify "$FIX/dense.dcm" <&- >&- 2>&- || got=$?
[ $got = 4 ] || echo "exit $got"
