# A conductor's notification, as oslo.messaging sends it: notifier.py TRANSPORT-URL CLUSTER
import sys

import oslo_messaging
from oslo_config import cfg

url, cluster = sys.argv[1:]
conf = cfg.ConfigOpts()
conf([])
oslo_messaging.set_transport_defaults("magnum")
transport = oslo_messaging.get_rpc_transport(conf, url=url)
notifier = oslo_messaging.Notifier(
    transport, "container-infra.lab", driver="messagingv2", topics=["notifications"], retry=3)
notifier.info({}, "magnum.cluster.create", {
    "action": "create", "outcome": "pending", "initiator": {"user_id": "owner"},
    "target": {"id": cluster, "attachments": [{"content": {"project_id": "project"}}]}})
