# Is this port open, and does this path on it answer with 200? For images that have bash and no curl.
set -e
exec 3<> "/dev/tcp/127.0.0.1/$1"
[ $# -gt 1 ] || exit 0
printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
