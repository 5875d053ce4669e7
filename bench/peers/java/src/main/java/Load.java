// SPDX-License-Identifier: MIT
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/**
 * The load of ../../../../../bench_load.c with lettuce: blocking callers share a connection, as lettuce recommends, and
 * run the set-link script for a fixed time after a warm-up. Prints one JSON record.
 */
public final class Load {
    private enum Phase {
        WARMING,
        MEASURING,
        ENDING
    }

    private static volatile Phase phase = Phase.WARMING;

    private Load() {
    }

    /** A thread that calls. */
    private static final class Caller extends Thread {
        private final RedisCommands<String, String> commands;
        private final Options options;
        private final Histogram latencies = new Histogram();
        private long random;

        Caller(RedisCommands<String, String> commands, Options options, int index) {
            this.commands = commands;
            this.options = options;
            this.random = 0x9e3779b97f4a7c15L * (index + 1);
        }

        private long nextUser() {
            random ^= random << 13;
            random ^= random >>> 7;
            random ^= random << 17;
            return Long.remainderUnsigned(random, options.users);
        }

        private void link(long user, String pod) {
            String digits = Long.toString(user);
            String indexKey = "sf:{bench:lk:u" + "0".repeat(12 - digits.length()) + digits + "}";
            String[] keys = {indexKey + "game", indexKey};
            List<String> reply = commands.evalsha(options.sha, ScriptOutputType.MULTI, keys, "game", pod, "-1");
            if (reply.size() != 1) {
                throw new IllegalStateException("the reply has " + reply.size() + " elements");
            }
        }

        @Override
        public void run() {
            String[] pods = {"0", "1"};
            long start = System.nanoTime();
            for (int i = 0; ; i++) {
                Phase now = phase;
                if (now == Phase.ENDING) {
                    return;
                }
                link(nextUser(), pods[i & 1]);
                long end = System.nanoTime();
                if (now == Phase.MEASURING) {
                    latencies.add(end - start);
                }
                start = end;
            }
        }
    }

    /** CPU time of this process, user and system. */
    private static long clientCpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime();
    }

    private static void print(Options options, Histogram all, double seconds, double clientNs, double serverNs) {
        double calls = all.count();
        System.out.printf(Locale.ROOT,
            "{\"case\":\"link\",\"peer\":\"%s\",\"threads\":%d,\"ops_per_s\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
                + "\"p999_us\":%.2f,\"client_cpu_us\":%.3f,\"server_cpu_us\":%.3f}%n",
            options.peer, options.threads, calls / seconds, all.quantileUs(0.5), all.quantileUs(0.99),
            all.quantileUs(0.999), clientNs / 1e3 / calls, serverNs / 1e3 / calls);
    }

    private static void run(Options options, RedisCommands<String, String> commands) throws Exception {
        Caller[] callers = new Caller[options.threads];
        try (ServerCpu server = new ServerCpu(options)) {
            for (int i = 0; i < callers.length; i++) {
                callers[i] = new Caller(commands, options, i);
                callers[i].start();
            }
            Thread.sleep((long) (1e3 * options.warmup));
            long serverNs = server.ns();
            long clientNs = clientCpuNs();
            long start = System.nanoTime();
            phase = Phase.MEASURING;
            Thread.sleep((long) (1e3 * options.seconds));
            phase = Phase.ENDING;
            double seconds = (System.nanoTime() - start) / 1e9;
            clientNs = clientCpuNs() - clientNs;
            serverNs = server.ns() - serverNs;
            Histogram all = new Histogram();
            for (Caller caller : callers) {
                caller.join();
                all.merge(caller.latencies);
            }
            print(options, all, seconds, clientNs, serverNs);
        }
    }

    /** Runs the load. */
    public static void main(String[] arguments) throws Exception {
        Options options = new Options(arguments);
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> {
            System.err.println("bench: " + fault);
            Runtime.getRuntime().halt(1);
        });
        RedisURI uri = options.socket != null
            ? RedisURI.Builder.socket(options.socket).build()
            : RedisURI.create(options.host, options.port);
        RedisClient client = RedisClient.create(uri);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            run(options, connection.sync());
        }
        Runtime.getRuntime().halt(0); // a normal shutdown of netty takes two seconds
    }
}
