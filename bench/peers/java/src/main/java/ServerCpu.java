// SPDX-License-Identifier: MIT
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CPU time of the server, read over a separate connection. */
final class ServerCpu implements AutoCloseable {
    private static final Pattern USED = Pattern.compile("used_cpu_(?:user|sys):([\\d.]+)\r\n");
    private static final Pattern HEAD = Pattern.compile("\\$(\\d+)\r\n");

    private final SocketChannel channel;

    ServerCpu(Options options) throws IOException {
        SocketAddress address = options.socket != null
            ? UnixDomainSocketAddress.of(options.socket)
            : new InetSocketAddress(options.host, options.port);
        channel = SocketChannel.open(address);
    }

    private String info() throws IOException {
        ByteBuffer reply = ByteBuffer.allocate(8192);
        channel.write(ByteBuffer.wrap("INFO cpu\r\n".getBytes(StandardCharsets.US_ASCII)));
        while (channel.read(reply) > 0) {
            String text = new String(reply.array(), 0, reply.position(), StandardCharsets.US_ASCII);
            Matcher head = HEAD.matcher(text);
            if (head.lookingAt() && text.length() >= head.end() + Integer.parseInt(head.group(1)) + 2) {
                return text;
            }
        }
        throw new IOException("INFO cpu was not answered");
    }

    /** User and system time since the start of the server. */
    long ns() throws IOException {
        double seconds = USED.matcher(info()).results().mapToDouble(used -> Double.parseDouble(used.group(1))).sum();
        return (long) (1e9 * seconds);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
