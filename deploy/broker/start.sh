#!/bin/sh
# Starts the Kafka broker of a container from the settings that `python -m deploy.provision secrets` wrote.
# The administrator is made together with the storage: a broker that lets nobody in unsigned has no other first user.
set -eu
given=$1
kafka=${KAFKA_HOME:-/opt/kafka}
"$kafka/bin/kafka-storage.sh" format --ignore-formatted \
	--cluster-id "$(cat "$given/cluster-id")" --config "$given/server.properties" \
	--add-scram "SCRAM-SHA-512=[name=admin,password=$(cat "$given/admin-password")]"
exec "$kafka/bin/kafka-server-start.sh" "$given/server.properties"
