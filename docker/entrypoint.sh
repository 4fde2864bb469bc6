#!/bin/sh
# Writes /conf/zoo.cfg from the variables of ZooKeeper's official image, if there is none yet, and
# becomes the server (configuration spec section 8).
set -eu
conf=${ZOO_CONF_DIR:-/conf}/zoo.cfg
if [ ! -f "$conf" ]; then
  {
    echo "dataDir=${ZOO_DATA_DIR:-/data}"
    echo "dataLogDir=${ZOO_DATA_LOG_DIR:-/datalog}"
    echo "tickTime=${ZOO_TICK_TIME:-2000}"
    echo "initLimit=${ZOO_INIT_LIMIT:-5}"
    echo "syncLimit=${ZOO_SYNC_LIMIT:-2}"
    echo "autopurge.snapRetainCount=${ZOO_AUTOPURGE_SNAPRETAINCOUNT:-3}"
    echo "autopurge.purgeInterval=${ZOO_AUTOPURGE_PURGEINTERVAL:-0}"
    echo "maxClientCnxns=${ZOO_MAX_CLIENT_CNXNS:-60}"
    echo "standaloneEnabled=${ZOO_STANDALONE_ENABLED:-true}"
    echo "admin.enableServer=${ZOO_ADMINSERVER_ENABLED:-true}"
    for server in ${ZOO_SERVERS:-server.1=localhost:2888:3888;2181}; do echo "$server"; done
    [ -z "${ZOO_4LW_COMMANDS_WHITELIST:-}" ] ||
      echo "4lw.commands.whitelist=$ZOO_4LW_COMMANDS_WHITELIST"
    for line in ${ZOO_CFG_EXTRA:-}; do echo "$line"; done
  } > "$conf"
fi
myid=${ZOO_DATA_DIR:-/data}/myid
[ -f "$myid" ] || echo "${ZOO_MY_ID:-1}" > "$myid"
exec okapi-server "$conf" "$@"
