package lanyard.benchmarks.outages;

import java.util.Locale;
import java.util.function.Consumer;
import lanyard.benchmarks.outages.KeystoneProxy.Mood;
import lanyard.local.stack.Parts;

/** One way in which something fails. */
enum Outage {
    PROVISIONER_KILLED("a provisioner is killed", new Deed.Kill(Parts.PROVISIONER)),
    PROVISIONER_KILLED_BEFORE_A_USER(
            "a provisioner is killed as it makes a user", new Deed.KillAt(Parts.PROVISIONER, "POST", "/users", false)),
    PROVISIONER_KILLED_AFTER_A_USER(
            "a provisioner is killed when a user was made", new Deed.KillAt(Parts.PROVISIONER, "POST", "/users", true)),
    PROVISIONER_KILLED_BEFORE_A_TRUST(
            "a provisioner is killed as it makes a trust",
            new Deed.KillAt(Parts.PROVISIONER, "POST", "/OS-TRUST/trusts", false)),
    PROVISIONER_KILLED_AFTER_A_TRUST(
            "a provisioner is killed when a trust was made",
            new Deed.KillAt(Parts.PROVISIONER, "POST", "/OS-TRUST/trusts", true)),
    TOKEN_ISSUER_KILLED("a token-issuer is killed", new Deed.Kill(Parts.TOKEN_ISSUER)),
    TOKEN_ISSUER_KILLED_AFTER_A_TOKEN(
            "a token-issuer is killed when it was given a token",
            new Deed.KillAt(Parts.TOKEN_ISSUER, "POST", "/auth/tokens", true)),
    REVOKER_KILLED("a revoker is killed", new Deed.Kill(Parts.REVOKER)),
    REVOKER_KILLED_AFTER_A_TRUST(
            "a revoker is killed when a trust was removed",
            new Deed.KillAt(Parts.REVOKER, "DELETE", "/OS-TRUST/trusts", true)),
    REVOKER_KILLED_AFTER_A_USER(
            "a revoker is killed when a user was removed", new Deed.KillAt(Parts.REVOKER, "DELETE", "/users", true)),
    KAFKA_STOPPED("Kafka is stopped", new Deed.Hold("Kafka", site -> site.stop(Parts.KAFKA), Site::mend)),
    KAFKA_KILLED("Kafka is killed", new Deed.Hold("Kafka", site -> site.kill(Parts.KAFKA), Site::mend)),
    KAFKA_SILENT(
            "Kafka stands still",
            new Deed.Hold("Kafka", site -> site.standStill(Parts.KAFKA), site -> site.goOn(Parts.KAFKA))),
    KAFKA_DISK_FULL("Kafka's disk is full", new Deed.Hold("Kafka", site -> site.fillDisk(Parts.KAFKA), site -> {
        site.kill(Parts.KAFKA);
        site.mend();
    })),
    DATABASE_STOPPED(
            "PostgreSQL is stopped", new Deed.Hold("PostgreSQL", site -> site.stop(Parts.POSTGRES), Site::mend)),
    DATABASE_CRASHED("PostgreSQL crashes", new Deed.Hold("PostgreSQL", site -> site.kill(Parts.POSTGRES), Site::mend)),
    DATABASE_RESTORED("PostgreSQL is set back to a backup", new Deed.Hold("PostgreSQL", Site::backUp, Site::restore)),
    KEYSTONE_STOPPED("Keystone is stopped", new Deed.Hold("Keystone", site -> site.stop(Parts.KEYSTONE), Site::mend)),
    KEYSTONE_SILENT(
            "Keystone stands still",
            new Deed.Hold("Keystone", site -> site.standStill(Parts.KEYSTONE), site -> site.goOn(Parts.KEYSTONE))),
    KEYSTONE_BUSY(
            "Keystone answers every second call with 503",
            new Deed.Hold("Keystone", site -> site.keystoneIs(Mood.BUSY), site -> site.keystoneIs(Mood.WELL))),
    KEYSTONE_MUTE(
            "every second answer of Keystone's is lost",
            new Deed.Hold("Keystone", site -> site.keystoneIs(Mood.MUTE), site -> site.keystoneIs(Mood.WELL))),
    PROVISIONER_WITHOUT_KAFKA("a provisioner is cut off from Kafka", cut(Parts.PROVISIONER, Parts.KAFKA)),
    PROVISIONER_WITHOUT_DATABASE("a provisioner is cut off from PostgreSQL", cut(Parts.PROVISIONER, Parts.POSTGRES)),
    PROVISIONER_WITHOUT_KEYSTONE("a provisioner is cut off from Keystone", cut(Parts.PROVISIONER, Parts.KEYSTONE)),
    TOKEN_ISSUER_WITHOUT_KAFKA("a token-issuer is cut off from Kafka", cut(Parts.TOKEN_ISSUER, Parts.KAFKA)),
    TOKEN_ISSUER_WITHOUT_DATABASE("a token-issuer is cut off from PostgreSQL", cut(Parts.TOKEN_ISSUER, Parts.POSTGRES)),
    TOKEN_ISSUER_WITHOUT_KEYSTONE("a token-issuer is cut off from Keystone", cut(Parts.TOKEN_ISSUER, Parts.KEYSTONE)),
    REVOKER_WITHOUT_KAFKA("a revoker is cut off from Kafka", cut(Parts.REVOKER, Parts.KAFKA)),
    REVOKER_WITHOUT_DATABASE("a revoker is cut off from PostgreSQL", cut(Parts.REVOKER, Parts.POSTGRES)),
    REVOKER_WITHOUT_KEYSTONE("a revoker is cut off from Keystone", cut(Parts.REVOKER, Parts.KEYSTONE));

    /** What is done. */
    sealed interface Deed {
        /** One replica of the service is killed, whatever it is doing, and started again. */
        record Kill(String service) implements Deed {}

        /** The replica that makes such a call to Keystone is killed: before Keystone hears of it, or when it is done. */
        record KillAt(String service, String method, String path, boolean done) implements Deed {}

        /** Something is away or unwell for a while. */
        record Hold(String kind, Consumer<Site> begin, Consumer<Site> end) implements Deed {}
    }

    private static Deed cut(String service, String part) {
        return new Deed.Hold(service + " cut off", site -> site.cutOff(service, part), Site::reconnect);
    }

    final String title;
    final Deed deed;

    Outage(String title, Deed deed) {
        this.title = title;
        this.deed = deed;
    }

    /** What it has in common with others, to be summed up with them. */
    String kind() {
        return switch (deed) {
            case Deed.Kill(var service) -> service + " killed";
            case Deed.KillAt when -> when.service() + " killed";
            case Deed.Hold hold -> hold.kind();
        };
    }

    /** Whether a conductor can't tell anything meanwhile. */
    boolean isOfTheBus() {
        return this == KAFKA_STOPPED || this == KAFKA_KILLED || this == KAFKA_SILENT || this == KAFKA_DISK_FULL;
    }

    /** Its name on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
