package lanyard.common.keystone.openstack4j;

import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import org.openstack4j.core.transport.HttpMethod;

/** Asks for Keystone's version document, which needs no authentication. */
record Ping(KeystoneConnection connection, Calls calls) {
    Reply<Void> ping() {
        return calls.timed(Operation.PING, () -> {
            var answer =
                    connection.anonymously(HttpMethod.GET, "", null).orFail().tree();
            if (!answer.at("/version/id").asText().startsWith("v3")) {
                throw Failed.malformed("the version document of the Identity API v3");
            }
            return Reply.done();
        });
    }
}
