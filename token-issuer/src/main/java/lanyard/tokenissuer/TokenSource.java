package lanyard.tokenissuer;

import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;

/** Where tokens come from. */
interface TokenSource {
    /** Whether there is all that is needed to ask for a token for this. */
    boolean canAsk(Delegated what);

    /** A token for what is delegated. Blocks. */
    Reply<Token> ask(Delegated what);

    /** Whether Keystone has been failing and is left alone at the moment. */
    default boolean isResting() {
        return false;
    }

    /** What a client is answered with a token: what Keystone answered, byte for byte, but for what the operator wants to differ. */
    byte[] body(Token token);
}
