// SPDX-License-Identifier: MIT
/** The command line of all benchmark programs. */
final class Options {
    String socket;
    String host = "127.0.0.1";
    int port = 6379;
    String peer = "lettuce";
    String sha = "";
    int threads = 1;
    int users = 10000;
    double seconds = 1;
    double warmup = 3;

    Options(String[] arguments) {
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            take(arguments[i], arguments[i + 1]);
        }
    }

    private void take(String name, String value) {
        switch (name) {
            case "--socket" -> socket = value;
            case "--host" -> host = value;
            case "--port" -> port = Integer.parseInt(value);
            case "--peer" -> peer = value;
            case "--sha" -> sha = value;
            case "--threads" -> threads = Integer.parseInt(value);
            case "--users" -> users = Integer.parseInt(value);
            case "--seconds" -> seconds = Double.parseDouble(value);
            case "--warmup" -> warmup = Double.parseDouble(value);
            default -> throw new IllegalArgumentException("unknown option " + name);
        }
    }
}
