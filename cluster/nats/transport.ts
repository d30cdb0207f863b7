/**
 * NATS's client over Node's sockets, with one thing mended. The client lets go of a socket by removing all
 * its listeners; an error that the socket reports after that, such as a reset by a server that has
 * refused a key or is being killed, is then nobody's, and ends the process. Here somebody always listens.
 */
import {
  errors,
  type NatsConnection,
  NatsConnectionImpl,
  type NodeConnectionOptions,
  setTransportFactory,
} from "@nats-io/transport-node";
import type { Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { nodeResolveHost, NodeTransport } from "@nats-io/transport-node/lib/node_transport.js";

/** Connect, as the client's own `connect` does. */
export function connect(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new GuardedTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

class GuardedTransport extends NodeTransport {
  override async dial(server: { hostname: string; port: number }): Promise<Socket> {
    return guarded(await super.dial(server));
  }

  /** The server's refusal may come with the end of the handshake, so the guard stands before it. */
  override async startTLS(): Promise<TLSSocket> {
    // Read already, see credentials.ts.
    const { ca, cert, key } = this.options.tls ?? {};
    const socket = guarded(connectTls({
      ca,
      cert,
      key,
      socket: this.socket,
      servername: this.tlsName,
      rejectUnauthorized: true,
    }));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new errors.ConnectionError("the server has hung up")));
    await promise;
    socket.removeAllListeners();
    return socket;
  }
}

/** The socket, on whose errors somebody listens whatever is removed. */
function guarded<S extends Socket>(socket: S): S {
  // The client hears of the socket's end too, and that is what it acts upon.
  const listen = () => socket.on("error", () => {});
  const remove = socket.removeAllListeners.bind(socket);
  // Without an event, and not with one that is undefined: that would remove nothing.
  socket.removeAllListeners = (...event) => {
    remove(...event);
    listen();
    return socket;
  };
  listen();
  return socket;
}
