/** A TCP proxy for tests: it passes everything on, goes silent without a word, or cuts the line. */

/** Where something goes. */
export type Direction = "to the server" | "to the client";

/** What of a piece gets through; one is made for each connection and direction. */
export type Filter = (piece: Uint8Array) => Uint8Array;

/** One passed connection. */
interface Line {
  readonly client: Deno.Conn;
  readonly server: Deno.Conn;
}

/** See the file's head. */
export class TcpProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #lines = new Set<Line>();
  #silent = new Set<Direction>();
  readonly #tasks = new Set<Promise<void>>();

  private constructor(
    private readonly target: number,
    private readonly newFilter: (direction: Direction) => Filter,
  ) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#track(this.#accept());
  }

  /**
   * @param target the port on this machine that connections are passed to
   * @param newFilter makes what holds things back; by default all gets through
   */
  static to(target: number, newFilter = (_: Direction): Filter => (piece) => piece): TcpProxy {
    return new TcpProxy(target, newFilter);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * From now on nothing gets through in these directions, by default in both: it is gone, and nobody is
   * told.
   */
  silence(...directions: readonly Direction[]): void {
    const both: readonly Direction[] = ["to the server", "to the client"];
    this.#silent = new Set(directions.length === 0 ? both : directions);
  }

  /** New connections get through again; those that were silenced never will. */
  restore(): void {
    this.cut();
    this.#silent.clear();
  }

  /** End all connections. */
  cut(): void {
    for (const line of this.#lines) this.#end(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#tasks);
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task));
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) this.#track(this.#join(client));
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #join(client: Deno.Conn): Promise<void> {
    let server: Deno.Conn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
    } catch {
      // The server is away, as a client would find it without the proxy.
      client.close();
      return;
    }
    const line = { client, server };
    this.#lines.add(line);
    this.#track(this.#pass(client, server, line, "to the server"));
    this.#track(this.#pass(server, client, line, "to the client"));
  }

  async #pass(from: Deno.Conn, to: Deno.Conn, line: Line, direction: Direction): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    const filter = this.newFilter(direction);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        if (this.#silent.has(direction)) continue;
        const piece = filter(buffer.subarray(0, length));
        for (let sent = 0; sent < piece.length;) sent += await to.write(piece.subarray(sent));
      }
    } catch {
      // One side has ended, and so does the other.
    }
    // Whoever is silenced does not hear that the other side has gone.
    if (this.#silent.size === 0) this.#end(line);
  }

  #end(line: Line): void {
    if (!this.#lines.delete(line)) return;
    line.client.close();
    line.server.close();
  }
}
