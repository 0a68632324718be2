# Makes the topics that are missing.
set -euo pipefail
topic() {
    /opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic "$1" --partitions "$2" \
        --replication-factor 1 --config cleanup.policy=delete --config retention.ms=604800000
}
topic notifications.info 6
topic notifications.error 6
topic lanyard.credentials 6
topic lanyard.audit 6
topic lanyard.dead-letters 1
