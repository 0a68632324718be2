package lanyard.local.conductor;

import java.util.UUID;

/**
 * What an operator says so that a cluster's credential is made anew: at least of which generations it is to be. It says what should be
 * true, so saying it twice rotates once.
 *
 * @param client the least generation of the client credential, which the cluster's clients hold
 * @param backend the least generation of what stands behind it in Keystone
 */
record RotationRequest(UUID cluster, int client, int backend) {
    OperatorEvent event() {
        return new OperatorEvent(
                CredentialEvent.ROTATION,
                cluster,
                OperatorEvent.data(cluster).put("client", client).put("backend", backend));
    }
}
